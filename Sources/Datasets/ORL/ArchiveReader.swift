import CArchive
import Support

/// Reads files out of archives into memory, by libarchive: zip, tar and 7-Zip, packed by any of gzip, compress, bzip2, xz
/// and Zstandard.
///
/// Nothing is ever written to a path that an archive names, and no archive grows without measure: entries whose names
/// lead out of a folder, more entries or more bytes than the limits allow, and links where a file is wanted are refused.
struct ArchiveReader {
  struct Limits {
    var entries = 100_000
    /// Of everything in the archive, unpacked.
    var bytes = 1 << 30
    /// Of a file that is wanted.
    var fileBytes = 1 << 20
  }

  private let functions: carchive_functions
  private let limits: Limits

  private static let loaded = Result { () throws(Problem) in try load(fileName: "libarchive.so.13") }

  /// "libarchive 3.6.2", or nil where it is not installed.
  static var version: String? { unsafe (try? loaded.get())?.version().map { unsafe String(cString: $0) } }

  /// - Throws: `Problem` with the loader's words where libarchive is not installed.
  init(limits: Limits = Limits()) throws(Problem) {
    functions = try Self.loaded.get()
    self.limits = limits
  }

  static func load(fileName: String) throws(Problem) -> carchive_functions {
    var functions = carchive_functions()
    if let reason = unsafe carchive_load(fileName, &functions) {
      throw unsafe .failure(
        "libarchive, which archives are read with, cannot be loaded: " + String(cString: reason),
        remedy:
          "Install it (on Debian and Ubuntu `apt-get install libarchive-tools`), or unpack the archive and give the "
          + "folder.")
    }
    return functions
  }

  /// Gives each wanted file of an archive, in the archive's order, its bytes.
  /// - Parameters:
  ///   - isWanted: told the name of each entry.
  ///   - take: told the names and bytes of the wanted ones.
  /// - Throws: `Problem` of kind `.failure` that names archive and entry.
  func read(
    _ path: String, isWanted: (String) -> Bool, take: (String, [UInt8]) throws(Problem) -> Void
  ) throws(Problem) {
    guard let archive = functions.read_new() else { throw .failure(at: Place(file: path), "no memory to read it") }
    defer { _ = unsafe functions.read_free(archive) }
    try unsafe withUnsafeBytes(of: functions.support) { (table) throws(Problem) in
      let allSupports = unsafe table.bindMemory(to: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?.self)
      for index in unsafe allSupports.indices {
        let support = unsafe allSupports[index]
        let status = unsafe Int(support?(archive) ?? 0)
        guard status == carchive_ok || status == carchive_warning else { throw unsafe problem(path, archive) }
      }
    }
    guard unsafe Int(functions.open_file(archive, path, 1 << 16)) == carchive_ok else {
      throw unsafe problem(path, archive)
    }
    var entries = 0
    var total = 0
    var entry: UnsafeMutableRawPointer?
    while true {
      let status = unsafe Int(functions.next_header(archive, &entry))
      if status == carchive_end { return }
      guard status == carchive_ok || status == carchive_warning else { throw unsafe problem(path, archive) }
      entries += 1
      // Declared sizes for what is passed over; what was unpacked already for archives that lie about them.
      unsafe total += max(0, Int(clamping: functions.size(entry)).clamped(to: limits.bytes + 1))
      guard entries <= limits.entries, total <= limits.bytes, unsafe functions.filter_bytes(archive, 0) <= limits.bytes
      else {
        throw .failure(
          at: Place(file: path),
          "the archive holds more than \(limits.entries) entries or unpacks to more than \(limits.bytes >> 20) MiB: refused",
          remedy: Self.remedy)
      }
      // Names that the current locale has no letters for come as NULL; no wanted file has such a name.
      guard let name = unsafe functions.path(entry).map({ unsafe String(cString: $0) }) else { continue }
      guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
        throw .failure(
          at: Place(file: path),
          "the archive has an entry called `\(printable(name))`, which leads out of its folder: refused",
          remedy: Self.remedy)
      }
      guard isWanted(name) else { continue }
      guard
        unsafe Int(functions.file_type(entry)) & carchive_file_type_mask == carchive_regular_file,
        unsafe functions.hard_link(entry) == nil
      else {
        throw .failure(
          at: Place(file: path), "`\(printable(name))` in the archive is a link or no file: refused",
          remedy: Self.remedy)
      }
      try unsafe take(name, try content(archive, of: name, path))
    }
  }

  private static let remedy = "Get the archive from a source that you trust."

  private func content(
    _ archive: UnsafeMutableRawPointer, of name: String, _ path: String
  ) throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe functions.read_data(archive, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw unsafe problem(path, archive) }
      if count == 0 { return bytes }
      guard bytes.count + count <= limits.fileBytes else {
        throw .failure(
          at: Place(file: path),
          "`\(printable(name))` in the archive unpacks to more than \(limits.fileBytes) bytes, more than any of these "
            + "photographs has: refused",
          remedy: Self.remedy)
      }
      bytes += buffer[..<count]
    }
  }

  /// What libarchive says of an archive.
  private func problem(_ path: String, _ archive: UnsafeMutableRawPointer) -> Problem {
    let words = unsafe functions.error_string(archive).map { unsafe String(cString: $0) } ?? "no reason given"
    return .failure(
      at: Place(file: path), "the archive cannot be read: \(printable(words))",
      remedy: "Zip, tar and 7-Zip archives are read; get the file again, or unpack it and give the folder.")
  }
}

extension Int {
  fileprivate func clamped(to most: Int) -> Int { Swift.min(self, most) }
}
