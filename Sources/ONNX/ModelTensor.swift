import Support
import Tensors

/// A constant of a model: an initialiser, or the value of an attribute. It holds no values, but where in which file they lie;
/// `ONNXFile` reads them.
public struct ModelTensor: Sendable {
  enum Storage: Sendable {
    /// Little-endian elements, row-major, at any byte: most are not aligned.
    case bytes(HeldFile, Range<Int>)
    /// One by one in a typed field of these parts of the model's file.
    case elements(TypedField, [Range<Int>])
    /// Of a type that is not read.
    case unread
  }

  /// Empty for the value of an attribute.
  public let name: String
  /// As the file stores it.
  public let dataType: ModelDataType
  /// Outermost axis first; at most 2^48 elements.
  public let shape: Shape
  let storage: Storage
  /// Where the model's file describes it.
  public let place: Place

  /// Checks what a file says of a tensor: type, shape, and that there are as many values as the shape has elements.
  /// - Throws: `Problem` that says what does not fit.
  init(_ proto: TensorProto, in file: HeldFile, _ external: ExternalFiles) throws(Problem) {
    name = proto.name
    place = Place(file: file.path, byte: proto.byte, tensor: proto.name.isEmpty ? nil : proto.name)
    let place = place
    func damaged(_ message: String) -> Problem { .failure(at: place, message, remedy: WireReader.remedy) }
    guard let type = ModelDataType(rawValue: proto.dataType) else {
      throw damaged("expected an element type of 1 to \(ModelDataType.allCases.count), found \(proto.dataType)")
    }
    dataType = type
    var dimensions: [Int] = []
    for dimension in proto.dimensions {
      guard dimension >= 0, dimension <= Int64(Int32.max) else {
        throw damaged("expected dimensions of 0 to \(Int32.max), found \(dimension)")
      }
      dimensions.append(Int(dimension))
    }
    shape = Shape(dimensions)
    guard let count = Self.count(of: dimensions) else {
      throw damaged("its shape \(shape) has more elements than any file")
    }
    guard !proto.isSegment else { throw damaged("its values are a segment of a larger tensor, which ONNX gave up") }
    let filled = proto.counts.filter { $0.value > 0 }.keys.sorted().compactMap { TypedField(rawValue: $0)?.name }
    let forms =
      filled + (proto.rawData.map { $0.isEmpty ? [] : ["raw_data"] } ?? [])
      + (proto.isExternal ? ["external data"] : [])
    guard forms.count <= 1 else {
      throw damaged("expected its values in one form, found them as \(listInWords(forms))")
    }
    let field = type.field
    guard type.reading != nil, let bits = type.bitWidth else {
      storage = .unread
      return
    }
    // At most 2^48 elements of at most 8 bytes.
    let bytes = count * (bits / 8)
    if proto.isExternal {
      let (other, range) = try external.range(of: proto.externalData, bytes: bytes, at: place)
      storage = .bytes(other, range)
    } else if let raw = proto.rawData, filled.isEmpty {
      guard raw.count == bytes else {
        throw damaged("expected \(bytes) bytes for \(type.name) values of shape \(shape), found \(raw.count)")
      }
      storage = .bytes(file, raw)
    } else {
      let found = proto.counts[field.rawValue] ?? 0
      guard filled.isEmpty || filled == [field.name] else {
        throw damaged("expected \(type.name) values in `\(field.name)`, found them in `\(filled[0])`")
      }
      guard found == count else {
        throw damaged("expected \(count) elements for its shape \(shape), found \(found)")
      }
      storage = .elements(field, proto.parts)
    }
  }

  /// The number of elements of a shape; nil where it, or a product on the way to it, does not fit into 48 bits.
  static func count(of dimensions: [Int]) -> Int? {
    var product = 1
    for extent in dimensions {
      let (next, overflows) = product.multipliedReportingOverflow(by: max(1, extent))
      guard !overflows, next < 1 << 48 else { return nil }
      product = next
    }
    return dimensions.contains(0) ? 0 : product
  }
}
