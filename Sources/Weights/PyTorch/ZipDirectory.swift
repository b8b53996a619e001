import Support

/// The entries of a zip archive whose contents lie in it as they are, uncompressed, as `torch.save` writes them.
///
/// Nothing is unpacked: an entry is a range of the file. A compressed entry is none, so that no archive can grow; an
/// archive that has one is refused, after it was looked at what kind of archive it is.
/// Checksums are not compared, as PyTorch does not: it can be told to leave them out when it writes.
/// Format: PKWARE's APPNOTE.TXT 6.3, with its 64-bit extensions.
struct ZipDirectory {
  /// By name; ranges are counted from the start of the file and do not overlap.
  let entries: [String: Range<Int>]
  /// What is wrong with the first entry that cannot be used as it lies there: it is compressed or encrypted.
  private let unusable: Problem?
  /// Of all entries, in the directory's order.
  private let names: [String]

  static let remedy = "Copy or download the file again."
  static let entryLimit = 1_000_000

  private let bytes: FileBytes
  private let file: String

  static func isArchive(_ bytes: FileBytes) -> Bool { bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) }

  init(_ bytes: FileBytes, file: String) throws(Problem) {
    let (entries, names, unusable) = try ZipDirectory(entries: [:], names: [], unusable: nil, bytes: bytes, file: file)
      .read()
    self.init(entries: entries, names: names, unusable: unusable, bytes: bytes, file: file)
  }

  private func read() throws(Problem) -> (entries: [String: Range<Int>], names: [String], unusable: Problem?) {
    let (start, size, count) = try bounds(findEnd())
    var position = start
    var found: [String: Range<Int>] = [:]
    var names: [String] = []
    var unusable: Problem?
    var ranges: [(range: Range<Int>, name: String)] = []
    for _ in 0..<count {
      let entry = try entry(at: &position, limit: start + size, directoryStart: start)
      guard found.updateValue(entry.content, forKey: entry.name) == nil else {
        throw damaged("two entries are called `\(printable(entry.name))`", at: start)
      }
      names.append(entry.name)
      unusable = unusable ?? entry.unusable
      ranges.append((entry.whole, entry.name))
    }
    ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    for (former, next) in zip(ranges, ranges.dropFirst()) where next.range.lowerBound < former.range.upperBound {
      throw damaged(
        "the entries `\(printable(former.name))` and `\(printable(next.name))` overlap", at: next.range.lowerBound)
    }
    return (found, names, unusable)
  }

  private init(
    entries: [String: Range<Int>], names: [String], unusable: Problem?, bytes: FileBytes, file: String
  ) {
    self.entries = entries
    self.names = names
    self.unusable = unusable
    self.bytes = bytes
    self.file = file
  }

  /// The place of the "end of central directory" record, which a comment of up to 65,535 bytes may follow.
  private func findEnd() throws(Problem) -> Int {
    let size = 22
    var position = bytes.count - size
    while position >= max(0, bytes.count - size - 65_535) {
      if bytes[position] == 0x50, bytes[position + 1] == 0x4b, bytes[position + 2] == 5, bytes[position + 3] == 6,
        position + size + Int(bytes[position + 20]) + Int(bytes[position + 21]) << 8 == bytes.count
      {
        return position
      }
      position -= 1
    }
    throw .failure(
      at: Place(file: file, byte: bytes.count),
      "the zip archive has no directory at its end: the file was cut short", remedy: Self.remedy)
  }

  /// Where the central directory starts, its size, and the number of its entries.
  private func bounds(_ end: Int) throws(Problem) -> (start: Int, size: Int, count: Int) {
    var count = try number(2, at: end + 10)
    var size = try number(4, at: end + 12)
    var start = try number(4, at: end + 16)
    var limit = end
    if end >= 20, try number(4, at: end - 20) == 0x0706_4b50 {
      let record = try number(8, at: end - 12)
      guard try number(4, at: record) == 0x0606_4b50 else {
        throw damaged("its 64-bit directory is not where it should be", at: record)
      }
      count = try number(8, at: record + 32)
      size = try number(8, at: record + 40)
      start = try number(8, at: record + 48)
      limit = record
    }
    guard start <= limit, size <= limit - start else {
      throw damaged("its directory of \(size) bytes from byte \(start) does not lie before its end", at: end)
    }
    guard count <= min(Self.entryLimit, size / 46) else {
      throw damaged("\(count) entries do not fit into a directory of \(size) bytes", at: end)
    }
    return (start, size, count)
  }

  private func entry(
    at position: inout Int, limit: Int, directoryStart: Int
  ) throws(Problem) -> (name: String, whole: Range<Int>, content: Range<Int>, unusable: Problem?) {
    let start = position
    guard start <= limit - 46, try number(4, at: start) == 0x0201_4b50 else {
      throw damaged("an entry of the directory is not where it should be", at: start)
    }
    let flags = try number(2, at: start + 8)
    let method = try number(2, at: start + 10)
    var packed = try number(4, at: start + 20)
    var size = try number(4, at: start + 24)
    let nameLength = try number(2, at: start + 28)
    let extraLength = try number(2, at: start + 30)
    var offset = try number(4, at: start + 42)
    let nameEnd = start + 46 + nameLength
    position = nameEnd + extraLength + (try number(2, at: start + 32))
    guard position <= limit else { throw damaged("an entry of the directory is cut short", at: start) }
    let nameBytes = bytes[start + 46..<nameEnd]
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw damaged("an entry's name is not UTF-8", at: start)
    }
    try check(name, at: start)
    // Fields that are all ones stand, in this order, in the extra field 1.
    var extra = nameEnd
    while extra + 4 <= nameEnd + extraLength {
      let length = try number(2, at: extra + 2)
      if try number(2, at: extra) == 1 {
        var field = extra + 4
        let fieldEnd = min(extra + 4 + length, nameEnd + extraLength)
        func next(_ value: inout Int) throws(Problem) {
          guard value == 0xffff_ffff else { return }
          guard field + 8 <= fieldEnd else { throw damaged("an entry's 64-bit sizes are cut short", at: start) }
          value = try number(8, at: field)
          field += 8
        }
        try next(&size)
        try next(&packed)
        try next(&offset)
      }
      extra += 4 + length
    }
    var unusable: Problem?
    if flags & 1 != 0 {
      unusable = .usage(
        at: Place(file: file, byte: start), "the entry `\(printable(name))` is encrypted",
        remedy: "Unpack the archive with its password and save it again with torch.save.")
    } else if method != 0 || packed != size {
      unusable = .usage(
        at: Place(file: file, byte: start),
        "the entry `\(printable(name))` is compressed (method \(method), \(size) bytes from \(packed)), which torch.save "
          + "never does: refused, nothing was unpacked",
        remedy: "Save it again with torch.save, or unpack the archive and pack it without compression (zip -0).")
      // What lies in the archive.
      size = packed
    }
    guard offset <= directoryStart - 30, try number(4, at: offset) == 0x0403_4b50 else {
      throw damaged(
        "the entry `\(printable(name))` does not begin at byte \(offset), where the directory says", at: start)
    }
    let localNameLength = try number(2, at: offset + 26)
    let content = offset + 30 + localNameLength + (try number(2, at: offset + 28))
    guard content <= directoryStart, size <= directoryStart - content else {
      throw damaged(
        "the entry `\(printable(name))` has \(size) bytes from byte \(content), beyond the archive's contents",
        at: start)
    }
    guard bytes[offset + 30..<offset + 30 + localNameLength].elementsEqual(nameBytes) else {
      throw damaged("the entry `\(printable(name))` has another name where it begins", at: offset)
    }
    return (name, offset..<content + size, content..<content + size, unusable)
  }

  /// The one folder with a `data.pkl`, where `torch.save` wrote the archive.
  /// - Throws: `Problem` that names what else the archive is, and for compressed or encrypted entries.
  func nameOfCheckpoint() throws(Problem) -> String {
    let names = names.filter { $0.hasSuffix("/data.pkl") }.map { String($0.dropLast("/data.pkl".count)) }
      .filter { !$0.contains("/") }
    if let other = ArchiveKind(names: self.names, checkpoints: names) {
      throw .usage(at: Place(file: file), "expected a state dict, found \(other.description)", remedy: other.remedy)
    }
    let files = self.names.filter { !$0.hasSuffix("/") }
    if names.isEmpty, let first = files.first {
      let list = files.prefix(3).map { "`\(printable($0))`" }.joined(separator: ", ")
      throw .usage(
        at: Place(file: file),
        "expected a zip archive that torch.save wrote, with one `data.pkl` in a folder, found a packed archive of "
          + (files.count == 1 ? "one file" : "\(files.count) files") + ": \(list)" + (files.count > 3 ? ", ..." : ""),
        remedy: first.hasSuffix("data.pkl")
          ? "Pack the folder with `data.pkl` in it again, without compression: zip -0 -r weights.pth FOLDER."
          : "Unpack it (unzip) and name the weights file in it.")
    }
    if let unusable { throw unusable }
    guard names.count == 1 else {
      throw .usage(
        at: Place(file: file),
        "expected a zip archive that torch.save wrote, with one `data.pkl` in a folder, found "
          + (names.isEmpty ? "none" : "\(names.count)"),
        remedy: "Name the weights file itself; an archive of weights files has to be unpacked first.")
    }
    return names[0]
  }

  /// No entry is ever written to the disk, but a name that leads out of a folder was made by somebody with intent.
  private func check(_ name: String, at start: Int) throws(Problem) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard name.hasPrefix("/") || name.contains("\\") || parts.contains("..") else { return }
    throw .usage(
      at: Place(file: file, byte: start),
      "the archive has an entry called `\(printable(name))`, which leads out of the archive: refused",
      remedy: "torch.save writes no such names; get the file from a source that you trust.")
  }

  /// Little-endian.
  private func number(_ count: Int, at position: Int) throws(Problem) -> Int {
    guard position >= 0, position <= bytes.count - count else {
      throw damaged("a number should stand at byte \(position), beyond the end of the file", at: bytes.count)
    }
    let value = (0..<count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[position + $1]) }
    guard let value = Int(exactly: value) else {
      throw damaged("a size of \(value) bytes is larger than any file", at: position)
    }
    return value
  }

  func damaged(_ message: String, at byte: Int) -> Problem {
    .failure(at: Place(file: file, byte: byte), "the zip archive is damaged: \(message)", remedy: Self.remedy)
  }
}
