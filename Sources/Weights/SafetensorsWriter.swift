import Support
import Tensors

/// Collects tensors and writes them as a safetensors file.
///
///     var writer = SafetensorsWriter(metadata: ["format": "pt"])
///     try writer.add("conv.weight", weight, as: .float16)
///     try writer.write(to: "weights.safetensors")
public struct SafetensorsWriter: Sendable {
  /// For the header's `__metadata__`, which is left out where there is none.
  public var metadata: [String: String]
  private var tensors: [(name: String, dataType: TensorDataType, shape: Shape, bytes: [UInt8])] = []
  private var names: Set<String> = ["__metadata__"]

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds a tensor; narrower types take the nearest value, ties to even.
  /// - Throws: `Problem` for a name that was there before or is `__metadata__`, and for a type other than
  ///   F32, F16 and BF16.
  public mutating func add(_ name: String, _ tensor: Tensor, as dataType: TensorDataType = .float32) throws(Problem) {
    guard names.insert(name).inserted else {
      throw .failure(at: Place(tensor: name), "a tensor of this name cannot be written a second time")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tensor.values.count * dataType.bitWidth / 8)
    switch dataType {
    case .float32:
      for value in tensor.values {
        unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes.append(contentsOf: $0) }
      }
    case .float16:
      for value in tensor.values {
        unsafe withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { unsafe bytes.append(contentsOf: $0) }
      }
    case .bfloat16:
      for value in tensor.values {
        unsafe withUnsafeBytes(of: bfloat16(value).littleEndian) { unsafe bytes.append(contentsOf: $0) }
      }
    default:
      throw .failure(
        at: Place(tensor: name), "values can be written as F32, F16 or BF16, not as \(dataType.rawValue)")
    }
    tensors.append((name, dataType, tensor.shape, bytes))
  }

  /// The whole file. Wider types come first and the header is padded to 8 bytes, so that every tensor is aligned.
  public func bytes() -> [UInt8] {
    let ordered = tensors.enumerated().sorted {
      ($1.element.dataType.bitWidth, $0.offset) < ($0.element.dataType.bitWidth, $1.offset)
    }.map(\.element)
    let header = Self.header(
      metadata: metadata, ordered.map { Entry(name: $0.name, dataType: $0.dataType, shape: $0.shape) })
    var file: [UInt8] = []
    file.reserveCapacity(header.count + ordered.reduce(0) { $0 + $1.bytes.count })
    file.append(contentsOf: header)
    for tensor in ordered { file.append(contentsOf: tensor.bytes) }
    return file
  }

  /// Writes beside `path`, then renames, so that no reader ever sees half a file.
  /// - Throws: `Problem` of kind `.failure` when the disk is full or the folder cannot be written; what stood there
  ///   stays.
  public func write(to path: String) throws(Problem) {
    let output = try AtomicOutput(path: path)
    try output.append(bytes())
    try output.commit()
  }

  /// What the header says of a tensor.
  package struct Entry {
    package var name: String
    package var dataType: TensorDataType
    package var shape: Shape
    package var byteCount: Int { shape.count * dataType.bitWidth / 8 }

    package init(name: String, dataType: TensorDataType, shape: Shape) {
      self.name = name
      self.dataType = dataType
      self.shape = shape
    }
  }

  /// The header with its length before it, for tensors that follow each other in this order.
  package static func header(metadata: [String: String], _ entries: [Entry]) -> [UInt8] {
    var items: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      items.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for entry in entries {
      let extents = entry.shape.dimensions.map(String.init).joined(separator: ",")
      items.append(
        "\(quoted(entry.name)):{\"dtype\":\"\(entry.dataType.rawValue)\",\"shape\":[\(extents)],"
          + "\"data_offsets\":[\(offset),\(offset + entry.byteCount)]}")
      offset += entry.byteCount
    }
    var header = Array("{\(items.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(0x20, count: (8 - header.count % 8) % 8))
    return unsafe withUnsafeBytes(of: UInt64(header.count).littleEndian) { unsafe Array($0) } + header
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
