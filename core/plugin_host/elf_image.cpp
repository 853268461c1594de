#include "core/plugin_host/elf_image.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <elf.h>
#include <optional>

#include <pagoda/plugin.h>

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kMostHeaders = 512;
constexpr std::size_t kMostNames = 4096;
constexpr std::uint32_t kMostSymbols = 1u << 20;

#if defined(__x86_64__)
constexpr Elf64_Half kHostMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kHostMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half kHostMachine = EM_RISCV;
#else
#error "name this machine's ELF number here"
#endif
static_assert(std::endian::native == std::endian::little && sizeof(void*) == 8);

/// The file, with reads that cannot leave it.
class Reader {
 public:
  explicit Reader(Bytes file) : file_(file) {}

  bool has(std::uint64_t offset, std::uint64_t size) const {
    return offset <= file_.size() && size <= file_.size() - offset;
  }
  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    if (!has(offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }
  std::string_view text(std::uint64_t offset, std::uint64_t size) const {
    if (!has(offset, size)) return {};
    return {reinterpret_cast<const char*>(file_.data()) + offset, static_cast<std::size_t>(size)};
  }
  std::uint64_t size() const { return file_.size(); }

 private:
  Bytes file_;
};

std::string machineName(unsigned machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "arm64";
    case EM_386:
      return "x86 (32 bit)";
    case EM_ARM:
      return "arm (32 bit)";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "POWER";
    case EM_S390:
      return "s390";
    default:
      return "machine " + std::to_string(machine);
  }
}

Loaded<Elf64_Ehdr> readHeader(const Reader& file) {
  const std::string_view ident = file.text(0, EI_NIDENT);
  if (ident.size() < EI_NIDENT || ident.substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG)) {
    if (file.text(0, SELFMAG) == std::string_view(ELFMAG, SELFMAG))
      return refuse(PluginRefusal::Truncated, "the file ends within its first header");
    return refuse(PluginRefusal::NotElf, "not a shared library (no ELF header)");
  }
  if (ident[EI_CLASS] != ELFCLASS64)
    return refuse(PluginRefusal::WrongArchitecture, "a 32-bit library; this host is 64-bit");
  if (ident[EI_DATA] != ELFDATA2LSB)
    return refuse(PluginRefusal::WrongArchitecture,
                  "a big-endian library; this host is little-endian");
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header) return refuse(PluginRefusal::Truncated, "the file ends within its first header");
  if (header->e_machine != kHostMachine)
    return refuse(PluginRefusal::WrongArchitecture, "built for " + machineName(header->e_machine) +
                                                        "; this host is " +
                                                        machineName(kHostMachine));
  if (ident[EI_OSABI] != ELFOSABI_SYSV && ident[EI_OSABI] != ELFOSABI_GNU)
    return refuse(PluginRefusal::WrongArchitecture, "built for another operating system");
  if (header->e_type != ET_DYN)
    return refuse(PluginRefusal::NotElf, "an ELF file, but not a shared library");
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
      header->e_phnum > kMostHeaders)
    return refuse(PluginRefusal::NotElf, "its table of segments makes no sense");
  return *header;
}

Loaded<std::vector<Elf64_Phdr>> readSegments(const Reader& file, const Elf64_Ehdr& header) {
  std::vector<Elf64_Phdr> segments;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment =
        file.at<Elf64_Phdr>(header.e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
    if (!segment || !file.has(segment->p_offset, segment->p_filesz))
      return refuse(PluginRefusal::Truncated, "the file ends before its segments do");
    segments.push_back(*segment);
  }
  // The section headers lie at the end of what a linker writes: where they are announced and
  // missing, the file was cut.
  const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff != 0 && !file.has(header.e_shoff, sections))
    return refuse(PluginRefusal::Truncated, "the file ends before its section headers do");
  return segments;
}

constexpr std::uint64_t alignUp(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) & ~(to - 1);
}

void readNotes(const Reader& file, const Elf64_Phdr& segment, ElfImage& image) {
  const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
  const std::string_view owner(PAGODA_MANIFEST_OWNER,
                               sizeof(PAGODA_MANIFEST_OWNER));  // with its NUL
  const std::uint64_t end = segment.p_offset + segment.p_filesz;
  for (std::uint64_t at = segment.p_offset; at < end;) {
    const auto note = file.at<Elf64_Nhdr>(at);
    if (!note || end - at < sizeof(Elf64_Nhdr)) return;
    const std::uint64_t name = at + sizeof(Elf64_Nhdr);
    const std::uint64_t desc = alignUp(name + note->n_namesz, align);
    if (desc > end || note->n_descsz > end - desc) return;
    if (note->n_type == PAGODA_MANIFEST_TYPE && file.text(name, note->n_namesz) == owner)
      image.manifests.push_back(file.text(desc, note->n_descsz));
    at = alignUp(desc + note->n_descsz, align);
  }
}

/// What PT_DYNAMIC points at, as offsets into the file.
class DynamicSection {
 public:
  DynamicSection(const Reader& file, const std::vector<Elf64_Phdr>& segments,
                 const Elf64_Phdr& dynamic)
      : file_(file), segments_(segments) {
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic.p_filesz;
         at += sizeof(Elf64_Dyn)) {
      const auto entry = file.at<Elf64_Dyn>(dynamic.p_offset + at);
      if (!entry || entry->d_tag == DT_NULL) break;
      entries_.push_back(*entry);
      if (entries_.size() == kMostNames) break;
    }
    if (const auto table = offsetOf(DT_STRTAB), size = value(DT_STRSZ); table && size) {
      strings_ = file.text(*table, *size);
    }
  }

  void read(ElfImage& image) const {
    for (const Elf64_Dyn& entry : entries_) {
      if (entry.d_tag == DT_NEEDED) image.needed.push_back(string(entry.d_un.d_val));
      if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) image.searchPath = true;
      if (entry.d_tag == DT_FLAGS_1) image.noDelete = (entry.d_un.d_val & DF_1_NODELETE) != 0;
    }
    readExports(image);
  }

 private:
  std::optional<std::uint64_t> value(Elf64_Sxword tag) const {
    const auto found = std::ranges::find(entries_, tag, &Elf64_Dyn::d_tag);
    if (found == entries_.end()) return std::nullopt;
    return found->d_un.d_val;
  }
  std::optional<std::uint64_t> offsetOf(Elf64_Sxword tag) const {
    const auto address = value(tag);
    if (!address) return std::nullopt;
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD || *address < segment.p_vaddr) continue;
      if (const std::uint64_t within = *address - segment.p_vaddr; within < segment.p_filesz)
        return segment.p_offset + within;
    }
    return std::nullopt;
  }
  std::string_view string(std::uint64_t offset) const {
    if (offset >= strings_.size()) return {};
    const std::string_view rest = strings_.substr(offset);
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
  }

  // The dynamic symbol table carries no size of its own; a hash table over it does.
  std::uint32_t symbolCount() const {
    if (const auto table = offsetOf(DT_HASH)) {
      const auto chains = file_.at<std::uint32_t>(*table + 4);
      return chains ? std::min(*chains, kMostSymbols) : 0;
    }
    return gnuSymbolCount();
  }
  std::uint32_t gnuSymbolCount() const {
    const auto table = offsetOf(DT_GNU_HASH);
    if (!table) return 0;
    const auto buckets = file_.at<std::uint32_t>(*table);
    const auto first = file_.at<std::uint32_t>(*table + 4);
    const auto blooms = file_.at<std::uint32_t>(*table + 8);
    if (!buckets || !first || !blooms) return 0;
    const std::uint64_t bucketsAt = *table + 16 + std::uint64_t{*blooms} * 8;
    std::uint32_t last = 0;
    for (std::uint32_t i = 0; i < std::min(*buckets, kMostSymbols); ++i) {
      const auto symbol = file_.at<std::uint32_t>(bucketsAt + std::uint64_t{i} * 4);
      if (!symbol) return 0;
      last = std::max(last, *symbol);
    }
    if (last < *first) return 0;
    const std::uint64_t chainsAt = bucketsAt + std::uint64_t{*buckets} * 4;
    for (; last < kMostSymbols; ++last) {
      const auto hash = file_.at<std::uint32_t>(chainsAt + (std::uint64_t{last} - *first) * 4);
      if (!hash) return 0;
      if ((*hash & 1u) != 0) return last + 1;
    }
    return 0;
  }

  void readExports(ElfImage& image) const {
    const auto table = offsetOf(DT_SYMTAB);
    if (!table) return;
    const std::uint32_t count = symbolCount();
    for (std::uint32_t i = 1; i < count && image.exports.size() < kMostNames; ++i) {
      const auto symbol = file_.at<Elf64_Sym>(*table + std::uint64_t{i} * sizeof(Elf64_Sym));
      if (!symbol) return;
      const unsigned binding = ELF64_ST_BIND(symbol->st_info);
      const unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
      if (symbol->st_shndx == SHN_UNDEF || binding == STB_LOCAL) continue;
      if (visibility != STV_DEFAULT && visibility != STV_PROTECTED) continue;
      if (binding == STB_GNU_UNIQUE) image.uniqueSymbols = true;
      image.exports.push_back(string(symbol->st_name));
    }
  }

  const Reader& file_;
  const std::vector<Elf64_Phdr>& segments_;
  std::vector<Elf64_Dyn> entries_;
  std::string_view strings_;
};

}  // namespace

Loaded<ElfImage> readElf(Bytes bytes) {
  const Reader file(bytes);
  const auto header = readHeader(file);
  if (!header) return tl::unexpected(header.error());
  const auto segments = readSegments(file, *header);
  if (!segments) return tl::unexpected(segments.error());

  ElfImage image;
  bool dynamic = false;
  for (const Elf64_Phdr& segment : *segments) {
    if (segment.p_type == PT_NOTE) readNotes(file, segment, image);
    if (segment.p_type == PT_GNU_STACK) image.executableStack = (segment.p_flags & PF_X) != 0;
    if (segment.p_type == PT_DYNAMIC && !dynamic) {
      dynamic = true;
      DynamicSection(file, *segments, segment).read(image);
    }
  }
  if (!dynamic) return refuse(PluginRefusal::NotElf, "an ELF file without a dynamic section");
  return image;
}

}  // namespace pagoda::plugin_host
