import Foundation
import Support
import Testing
import Weights

/// A file that is opened again and again with other contents, as a network would open it; gone afterwards. It is written
/// in place: making a file anew for each of ten thousand contents takes longer than reading them.
final class TriedFile {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).pth").path
  private let handle: FileHandle

  init(_ bytes: [UInt8] = []) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    handle = try #require(FileHandle(forUpdatingAtPath: path))
  }

  deinit {
    try? handle.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  func replace(by bytes: [UInt8]) throws {
    try handle.truncate(atOffset: UInt64(bytes.count))
    try handle.seek(toOffset: 0)
    try handle.write(contentsOf: bytes)
  }

  func shorten(to length: Int) throws { try handle.truncate(atOffset: UInt64(length)) }

  /// Every tensor's elements.
  func read() -> Result<[String: [UInt8]], Problem> {
    do throws(Problem) {
      let file = try WeightsFile.open(path)
      var values: [String: [UInt8]] = [:]
      for name in file.tensorNames {
        values[name] = try elements(of: name, in: file)
        if file.dataType(of: name)?.isReadable == true { _ = try file.values(name) }
      }
      return .success(values)
    } catch {
      var problem = error
      problem.place?.file = "FILE"
      return .failure(problem)
    }
  }
}

func opening(_ bytes: [UInt8]) throws -> Result<[String: [UInt8]], Problem> { try TriedFile(bytes).read() }

/// The problem with a file that must not be taken.
func refusal(_ bytes: [UInt8]) throws -> String {
  switch try opening(bytes) {
  case .success(let values):
    Issue.record("taken for a good file, with \(values.keys.sorted())")
    return ""
  case .failure(let problem): return problem.description
  }
}

/// A pickle put together opcode by opcode.
struct MadePickle {
  var bytes: [UInt8] = [0x80, 2]

  static func + (pickle: MadePickle, more: String) -> MadePickle {
    MadePickle(bytes: pickle.bytes + Array(more.utf8))
  }

  static func + (pickle: MadePickle, more: [UInt8]) -> MadePickle { MadePickle(bytes: pickle.bytes + more) }

  /// BINUNICODE.
  static func text(_ text: String) -> [UInt8] { [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8) }

  /// BININT.
  static func integer(_ value: Int32) -> [UInt8] { [0x4a] + little(UInt32(bitPattern: value)) }

  /// A state dict of one tensor over a storage of `count` floats.
  static func dictionary(
    name: String = "w", key: String = "0", count: Int32 = 4, offset: Int32 = 0, shape: [Int32] = [4],
    strides: [Int32] = [1]
  ) -> [UInt8] {
    func tuple(_ items: [Int32]) -> [UInt8] { [0x28] + items.flatMap(integer) + [0x74] }
    var pickle = MadePickle() + "}" + text(name) + "ctorch._utils\n_rebuild_tensor_v2\n" + "((" + text("storage")
    pickle = pickle + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + integer(count) + "tQ"
    pickle = pickle + integer(offset) + tuple(shape) + tuple(strides) + [0x89] + "}tRs."
    return pickle.bytes
  }
}

func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// A zip archive put together entry by entry, with the lies that a test wants.
struct MadeArchive {
  struct Entry {
    var name: String
    var content: [UInt8]
    var method: UInt16 = 0
    /// What the directory says, where it differs.
    var size: UInt32?
    var packed: UInt32?
    var offset: UInt32?
  }

  var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// As `torch.save` writes a state dict with one storage.
  init(pickle: [UInt8], storage: [UInt8] = [UInt8](repeating: 1, count: 16), byteOrder: String = "little") {
    entries = [
      Entry(name: "archive/data.pkl", content: pickle),
      Entry(name: "archive/byteorder", content: Array(byteOrder.utf8)),
      Entry(name: "archive/data/0", content: storage),
    ]
  }

  /// As a small archive is written.
  var bytes: [UInt8] { bytes(is64Bit: false) }

  /// - Parameter is64Bit: sizes and offsets in the 64-bit extensions only, as in archives beyond 4 GB.
  func bytes(is64Bit: Bool) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = entry.offset ?? UInt32(file.count)
      let size = entry.size ?? UInt32(entry.content.count)
      let packed = entry.packed ?? size
      let name = Array(entry.name.utf8)
      func common(_ packed: UInt32, _ size: UInt32, extra: Int) -> [UInt8] {
        // Version, flags, method, time, date and checksum; then the sizes.
        little(UInt16(20)) + little(UInt16(0x800)) + little(entry.method) + little(UInt64(0)) + little(packed)
          + little(size) + little(UInt16(name.count)) + little(UInt16(extra))
      }
      file += [0x50, 0x4b, 3, 4] + common(packed, size, extra: 0) + name + entry.content
      var extra: [UInt8] = []
      if is64Bit {
        // A field of another kind before it.
        extra = little(UInt16(0x5455)) + little(UInt16(1)) + [7] + little(UInt16(1)) + little(UInt16(24))
        extra += little(UInt64(size)) + little(UInt64(packed)) + little(UInt64(offset))
      }
      directory += [0x50, 0x4b, 1, 2] + little(UInt16(20))
      directory += common(is64Bit ? .max : packed, is64Bit ? .max : size, extra: extra.count)
      directory += little(UInt16(0)) + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0))
      directory += little(is64Bit ? .max : offset) + name + extra
    }
    let start = file.count
    let count = entries.count
    file += directory
    if is64Bit {
      let record = file.count
      file += [0x50, 0x4b, 6, 6] + little(UInt64(44)) + little(UInt16(45)) + little(UInt16(45)) + little(UInt64(0))
      file += little(UInt64(count)) + little(UInt64(count)) + little(UInt64(directory.count)) + little(UInt64(start))
      file += [0x50, 0x4b, 6, 7] + little(UInt32(0)) + little(UInt64(record)) + little(UInt32(1))
    }
    let shownCount = is64Bit ? UInt16.max : UInt16(count)
    file += [0x50, 0x4b, 5, 6] + little(UInt32(0)) + little(shownCount) + little(shownCount)
    file += little(is64Bit ? UInt32.max : UInt32(directory.count)) + little(is64Bit ? UInt32.max : UInt32(start))
    return file + little(UInt16(0))
  }
}
