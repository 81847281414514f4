// ELF, as in the System V ABI: a header, one program header, and the code right behind them.
#include "conformance/host/pause_program.hpp"

#include <cstdint>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint64_t kHeaderSize = 64;
constexpr std::uint64_t kProgramHeaderSize = 56;
constexpr std::uint64_t kLoadAddress = 0x400000;
constexpr std::uint64_t kPageSize = 0x10000;  // the largest that arm64 kernels use

constexpr std::uint16_t kExecutable = 2;
constexpr std::uint16_t kMachineAmd64 = 62;
constexpr std::uint16_t kMachineArm64 = 183;
constexpr std::uint32_t kLoad = 1;
constexpr std::uint32_t kReadAndExecute = 5;

// pause() in a loop:
//   b8 22 00 00 00   mov  eax, 34
//   0f 05            syscall
//   eb f7            jmp  -9
constexpr unsigned char kCodeAmd64[] = {0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xf7};

// arm64 has no pause(); ppoll(NULL, 0, NULL, NULL) waits for ever, too:
//   d2800000  mov x0, #0      d2800001  mov x1, #0
//   d2800002  mov x2, #0      d2800003  mov x3, #0
//   d2800928  mov x8, #73     d4000001  svc #0
//   17fffffa  b   -6 instructions
constexpr std::uint32_t kCodeArm64[] = {0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003,
                                        0xd2800928, 0xd4000001, 0x17fffffa};

class LittleEndian {
 public:
  template <typename Number>
  void put(Number value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      out_ += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff);
    }
  }
  void put_text(std::string_view text) { out_ += text; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string code_of(std::string_view architecture) {
  LittleEndian code;
  if (architecture == "amd64") {
    for (const unsigned char byte : kCodeAmd64) code.put(byte);
  } else {
    for (const std::uint32_t word : kCodeArm64) code.put(word);
  }
  return code.take();
}

}  // namespace

std::string pause_program(std::string_view architecture) {
  SWEEPCHECK_BELIEVE(architecture == "amd64" || architecture == "arm64",
                     "there is code for this architecture");
  const std::string code = code_of(architecture);
  const std::uint64_t size = kHeaderSize + kProgramHeaderSize + code.size();
  LittleEndian file;
  // Magic number, 64 bits, little endian, version 1, no particular system; padding.
  file.put_text(
      std::string_view("\x7f"
                       "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
                       16));
  file.put(kExecutable);
  file.put(architecture == "amd64" ? kMachineAmd64 : kMachineArm64);
  file.put(std::uint32_t{1});                                 // version
  file.put(kLoadAddress + kHeaderSize + kProgramHeaderSize);  // entry
  file.put(kHeaderSize);                                      // where program headers are
  file.put(std::uint64_t{0});                                 // no section headers
  file.put(std::uint32_t{0});                                 // flags
  file.put(static_cast<std::uint16_t>(kHeaderSize));
  file.put(static_cast<std::uint16_t>(kProgramHeaderSize));
  file.put(std::uint16_t{1});  // one program header
  file.put(std::uint16_t{0});  // section headers: size, count,
  file.put(std::uint16_t{0});  // and the names' place
  file.put(std::uint16_t{0});
  file.put(kLoad);
  file.put(kReadAndExecute);
  file.put(std::uint64_t{0});  // from the file's first byte on
  file.put(kLoadAddress);      // virtual and
  file.put(kLoadAddress);      // physical address
  file.put(size);              // in the file and
  file.put(size);              // in memory
  file.put(kPageSize);
  file.put_text(code);
  return file.take();
}

std::string pause_program_name(std::string_view architecture) {
  return "pause-" + std::string(architecture);
}

std::string_view host_architecture() {
#if defined(__aarch64__)
  return "arm64";
#else
  return "amd64";
#endif
}

}  // namespace sweepcheck
