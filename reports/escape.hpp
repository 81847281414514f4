// Scenario files and containerd's error texts reach five output formats, each with its own special
// characters. Here is the one place that makes a string safe for each of them.
#pragma once

#include <string>
#include <string_view>

namespace sweepcheck {

/// One line of valid UTF-8: control characters appear as \n, \t or \x1b, so that no text can move a
/// terminal's cursor or break a line-oriented format; bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

/// For XML content and attribute values: as printable, except that line feeds and tabs are kept as
/// character references, and with markup escaped.
std::string xml_escaped(std::string_view text);

/// For the message of a GitHub workflow command: % and line breaks as %25, %0D, %0A.
std::string github_message(std::string_view text);

/// For a property of a GitHub workflow command: as a message, and ':' and ',' as well.
std::string github_property(std::string_view text);

/// For Markdown outside code: printable, with every character that could start markup escaped.
std::string markdown_escaped(std::string_view text);

/// For the path of a URI: every byte but letters, digits, "-._~" and '/' as %XX.
std::string uri_escaped(std::string_view path);

/// The word as a shell reads it: in quotes if it would be split or expanded.
std::string shell_word(const std::string& word);

}  // namespace sweepcheck
