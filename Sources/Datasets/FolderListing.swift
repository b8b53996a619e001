import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What one folder holds, as the system has it: every name, also those that are no text, links not followed.
struct FolderListing {
  enum Kind: Sendable { case file, folder, link, other }

  struct Entry: Sendable {
    /// Where the system's bytes are no UTF-8, with `\xE9` in their place.
    let name: String
    let isText: Bool
    let kind: Kind
  }

  /// In the order of the names' bytes.
  let entries: [Entry]

  /// - Throws: `Problem` of kind `.usage` when the folder cannot be listed, or not to its end.
  init(_ folder: URL) throws(Problem) {
    let path = folder.path
    guard let stream = unsafe opendir(path) else { throw FolderListing.problem(path) }
    defer { unsafe closedir(stream) }
    var found: [(bytes: [UInt8], type: UInt8)] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw FolderListing.problem(path) }
        break
      }
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      if bytes != [UInt8(ascii: ".")], bytes != Array("..".utf8) { unsafe found.append((bytes, entry.pointee.d_type)) }
    }
    entries = found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map { bytes, type in
      let text = String(validating: bytes, as: UTF8.self)
      return Entry(
        name: text ?? TextEncoding.escaped(bytes), isText: text != nil, kind: FolderListing.kind(type, bytes, in: path))
    }
  }

  private static func kind(_ type: UInt8, _ name: [UInt8], in folder: String) -> Kind {
    switch Int(type) {
    case Int(DT_REG): return .file
    case Int(DT_DIR): return .folder
    case Int(DT_LNK): return .link
    // Some file systems do not say.
    case Int(DT_UNKNOWN):
      var status = stat()
      let path = Array("\(folder)/".utf8) + name + [0]
      let answer = unsafe path.withUnsafeBufferPointer { path in
        unsafe path.withMemoryRebound(to: CChar.self) { path in
          unsafe path.baseAddress.map { unsafe lstat($0, &status) } ?? -1
        }
      }
      guard answer == 0 else { return .other }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return .file
      case S_IFDIR: return .folder
      case S_IFLNK: return .link
      default: return .other
      }
    default: return .other
    }
  }

  private static func problem(_ path: String) -> Problem {
    .usage(
      at: Place(file: path), "the folder cannot be listed: \(systemMessage(errno))",
      remedy: "Check its permissions.")
  }
}

/// Where a link ends.
enum LinkEnd: Equatable {
  case file(String)
  case folder(String)
  /// A pipe, a device.
  case other(String)
  /// It leads nowhere, or in a circle.
  case nowhere

  /// Follows all links on the way.
  init(_ url: URL) {
    guard let resolved = unsafe realpath(url.path, nil) else {
      self = .nowhere
      return
    }
    let path = unsafe String(cString: resolved)
    unsafe free(resolved)
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      self = .nowhere
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file(path)
    case S_IFDIR: self = .folder(path)
    default: self = .other(path)
    }
  }

  /// The real path, nil where there is none.
  var path: String? {
    switch self {
    case .file(let path), .folder(let path), .other(let path): path
    case .nowhere: nil
    }
  }
}

/// A folder's real path, to tell what lies below it.
struct RealFolder {
  let path: String

  init(_ url: URL) { path = LinkEnd(url).path ?? url.path }

  /// - Parameter other: a real path.
  func contains(_ other: String) -> Bool { other.hasPrefix(path.hasSuffix("/") ? path : path + "/") }
}
