// Pulls an image as a program that uses containerd's client library does: client.Pull with the
// options that scenarios ask for. Built at run time, where Go and Debian's package of the library
// are installed (conformance/daemon/library_client.hpp).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/containerd/containerd"
	"github.com/containerd/containerd/images"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/platforms"
	"github.com/containerd/containerd/remotes/docker"
	"github.com/containerd/containerd/remotes/docker/config"
)

type list []string

func (l *list) String() string         { return strings.Join(*l, " ") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func pull() error {
	address := flag.String("address", "", "containerd's socket")
	namespace := flag.String("namespace", "default", "")
	hosts := flag.String("hosts-dir", "", "folder of hosts.toml files")
	snapshotter := flag.String("snapshotter", containerd.DefaultSnapshotter, "")
	discard := flag.Bool("discard", false, "no labels for layers")
	noUnpack := flag.Bool("no-unpack", false, "")
	allPlatforms := flag.Bool("all-platforms", false, "")
	allMetadata := flag.Bool("all-metadata", false, "")
	var platform, labels list
	flag.Var(&platform, "platform", "")
	flag.Var(&labels, "label", "KEY=VALUE")
	flag.Parse()

	client, err := containerd.New(*address)
	if err != nil {
		return err
	}
	ctx := namespaces.WithNamespace(context.Background(), *namespace)
	options := config.HostOptions{HostDir: config.HostDirFromRoot(*hosts)}
	resolver := docker.NewResolver(docker.ResolverOptions{Hosts: config.ConfigureHosts(ctx, options)})
	opts := []containerd.RemoteOpt{
		containerd.WithResolver(resolver),
		containerd.WithPullSnapshotter(*snapshotter),
		// One at a time, in their order, so that what is there at a stop can be told.
		containerd.WithMaxConcurrentDownloads(1),
	}
	if !*noUnpack {
		opts = append(opts, containerd.WithPullUnpack)
	}
	if *discard {
		opts = append(opts, containerd.WithChildLabelMap(images.ChildGCLabelsFilterLayers))
	}
	if *allPlatforms {
		opts = append(opts, containerd.WithPlatformMatcher(platforms.All))
	}
	if *allMetadata {
		opts = append(opts, containerd.WithAllMetadata())
	}
	for _, name := range platform {
		opts = append(opts, containerd.WithPlatform(name))
	}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		opts = append(opts, containerd.WithPullLabel(key, value))
	}
	_, err = client.Pull(ctx, flag.Arg(0), opts...)
	return err
}

func main() {
	if err := pull(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
