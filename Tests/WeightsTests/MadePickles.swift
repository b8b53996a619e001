import Diagnostics
import Foundation
import Testing
import Weights

/// Writes bytes to a file of its own, opens it as a network would, reading every tensor, and removes it.
func opening(_ bytes: [UInt8]) throws -> Result<[String: [UInt8]], Problem> {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID()).pth")
  try Data(bytes).write(to: path)
  defer { try? FileManager.default.removeItem(at: path) }
  do throws(Problem) {
    let file = try WeightsFile.open(path.path)
    var values: [String: [UInt8]] = [:]
    for name in file.tensorNames {
      values[name] = try file.withElements(name) { Array($0) }
      if file.dataType(of: name)?.isReadable == true { _ = try file.values(name) }
    }
    return .success(values)
  } catch {
    var problem = error
    problem.place?.file = "FILE"
    return .failure(problem)
  }
}

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

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = entry.offset ?? UInt32(file.count)
      let size = entry.size ?? UInt32(entry.content.count)
      let packed = entry.packed ?? size
      let name = Array(entry.name.utf8)
      // Version, flags, method, time, date and checksum; then the sizes.
      let common =
        little(UInt16(20)) + little(UInt16(0x800)) + little(entry.method) + little(UInt64(0)) + little(packed)
        + little(size) + little(UInt16(name.count)) + little(UInt16(0))
      file += [0x50, 0x4b, 3, 4] + common + name + entry.content
      directory += [0x50, 0x4b, 1, 2] + little(UInt16(20)) + common
      directory += little(UInt16(0)) + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + little(offset) + name
    }
    let start = UInt32(file.count)
    let count = UInt16(entries.count)
    file += directory
    file += [0x50, 0x4b, 5, 6] + little(UInt32(0)) + little(count) + little(count)
    return file + little(UInt32(directory.count)) + little(start) + little(UInt16(0))
  }
}
