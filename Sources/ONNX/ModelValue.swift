import Support

/// An input or output of a model, as its file describes it.
public struct ModelValue: Sendable {
  /// An extent along one axis.
  public enum Dimension: Sendable, Hashable, CustomStringConvertible {
    /// Always as large.
    case fixed(Int)
    /// Of any size, by the name that the exporter gives it: "batch".
    case named(String)
    /// Of any size.
    case unknown

    /// "224", "batch", "?".
    public var description: String {
      switch self {
      case .fixed(let extent): "\(extent)"
      case .named(let name): printable(name)
      case .unknown: "?"
      }
    }
  }

  /// By which nodes mean it.
  public let name: String
  /// Nil where the file does not say, and for what is no tensor.
  public let dataType: ModelDataType?
  /// Outermost first; nil where the file does not say how many there are.
  public let dimensions: [Dimension]?
  /// "a sequence", where it is no tensor.
  public let otherKind: String?
  /// Where the file describes it.
  public let place: Place

  init(_ proto: ValueInfoProto, file: String) throws(Problem) {
    name = proto.name
    place = Place(file: file, byte: proto.byte)
    otherKind = proto.otherKind
    dataType = proto.elementType.flatMap { ModelDataType(rawValue: $0) }
    guard let described = proto.dimensions else {
      dimensions = nil
      return
    }
    var dimensions: [Dimension] = []
    for dimension in described {
      if let value = dimension.value {
        guard value <= Int64(Int32.max) else {
          throw .failure(
            at: place, "expected dimensions of at most \(Int32.max) of `\(printable(proto.name))`, found \(value)",
            remedy: WireReader.remedy)
        }
        // Some exporters write 0 or -1 for a batch of any size.
        dimensions.append(value > 0 ? .fixed(Int(value)) : .unknown)
      } else {
        dimensions.append(dimension.parameter.map { $0.isEmpty ? .unknown : .named($0) } ?? .unknown)
      }
    }
    self.dimensions = dimensions
  }

  /// "`input`: FLOAT, batch x 3 x 224 x 224"
  public var summary: String {
    let type = dataType?.name ?? otherKind ?? "of a type that the file does not say"
    guard otherKind == nil else { return "`\(printable(name))`: \(type)" }
    guard let dimensions else { return "`\(printable(name))`: \(type), of a shape that the file does not say" }
    let extents = dimensions.isEmpty ? "scalar" : dimensions.map(\.description).joined(separator: " x ")
    return "`\(printable(name))`: \(type), \(extents)"
  }
}
