import Support

/// One application of an operator in a model's graph.
public struct ModelNode: Sendable {
  /// As the exporter named it; may be empty, and of several nodes the same.
  public let name: String
  /// "Conv".
  public let opType: String
  /// Whose operator it is: empty for ONNX's own.
  public let domain: String
  /// Names of values; empty for an optional one that is left out.
  public let inputs: [String]
  /// As `inputs`.
  public let outputs: [String]
  /// By name.
  public let attributes: [String: ModelAttribute]
  /// Of the modules that it is in, outermost first, and its own name among them last, as PyTorch's newer exporter says it;
  /// empty where the file says nothing.
  public let scopes: [String]
  /// From 1 up, in the order of the file.
  public let number: Int
  /// Where the file describes it.
  public let place: Place

  init(
    _ proto: NodeProto, number: Int, in file: HeldFile, _ external: ExternalFiles
  ) throws(Problem) {
    name = proto.name
    opType = proto.opType
    domain = NodeProto.canonical(proto.domain)
    inputs = proto.inputs
    outputs = proto.outputs
    scopes = Self.list(proto.scopes ?? "")
    self.number = number
    place = Place(file: file.path, byte: proto.byte)
    let title = ModelNode.title(name: proto.name, number: number, opType: proto.opType)
    guard !proto.opType.isEmpty else {
      throw .failure(at: place, "\(title) has no operator", remedy: WireReader.remedy)
    }
    var attributes: [String: ModelAttribute] = [:]
    for attribute in proto.attributes {
      let value = try ModelAttribute(attribute, of: title, in: file, external)
      guard attributes.updateValue(value, forKey: attribute.name) == nil else {
        throw .failure(
          at: Place(file: file.path, byte: attribute.byte),
          "\(title) has the attribute `\(printable(attribute.name))` a second time", remedy: WireReader.remedy)
      }
    }
    self.attributes = attributes
  }

  /// "['', 'layer4', 'relu_15']"
  private static func list(_ text: String) -> [String] {
    guard text.hasPrefix("["), text.hasSuffix("]") else { return [] }
    return text.dropFirst().dropLast().split(separator: ", ").map { item in
      String(item.drop { $0 == "'" || $0 == "\"" }.reversed().drop { $0 == "'" || $0 == "\"" }.reversed())
    }
  }

  /// As messages call it: "node `/layer1/conv1/Conv` (Conv)".
  public var title: String { Self.title(name: name, number: number, opType: opType) }

  static func title(name: String, number: Int, opType: String) -> String {
    "node " + (name.isEmpty ? "\(number)" : "`\(printable(name))`") + (opType.isEmpty ? "" : " (\(printable(opType)))")
  }

  /// The operator with its domain: "Conv", "com.microsoft::FusedConv".
  public var operatorName: String { domain.isEmpty ? opType : "\(domain)::\(opType)" }
}

/// A constant of a node, by the types of `AttributeProto`.
public enum ModelAttribute: Sendable {
  /// Of one number, or below of a list.
  case float(Float)
  case int(Int64)
  /// UTF-8 by the standard; bytes that are not are replaced.
  case string(String)
  case tensor(ModelTensor)
  case floats([Float])
  case ints([Int64])
  case strings([String])
  /// What is not read: "a graph", "a sparse tensor".
  case other(String)

  /// - Parameter node: of messages.
  /// - Throws: `Problem` for an unknown type, one that the value is not of, and a tensor that does not fit.
  init(_ proto: AttributeProto, of node: String, in file: HeldFile, _ external: ExternalFiles) throws(Problem) {
    let place = Place(file: file.path, byte: proto.byte)
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    func damaged(_ message: String) -> Problem { .failure(at: place, message, remedy: WireReader.remedy) }
    guard proto.reference.isEmpty else {
      self = .other("an attribute of a function")
      return
    }
    switch proto.type == 0 ? Self.type(of: proto) : proto.type {
    // A value of 0 is not written by every exporter.
    case 1: self = .float(proto.float ?? 0)
    case 2: self = .int(proto.int ?? 0)
    case 3: self = .string(text(proto.string ?? []))
    case 4:
      guard let tensor = proto.tensor else {
        throw damaged("the attribute `\(printable(proto.name))` of \(node) is said to be a tensor, and has none")
      }
      self = .tensor(try ModelTensor(tensor, in: file, external))
    case 5, 10: self = .other("a graph")
    case 6: self = .floats(proto.floats)
    case 7: self = .ints(proto.ints)
    case 8: self = .strings(proto.strings.map(text))
    case 9: self = .other("a list of tensors")
    case 11, 12: self = .other("a sparse tensor")
    case 13, 14: self = .other("a type")
    default:
      throw damaged("the attribute `\(printable(proto.name))` of \(node) is of an unknown type, number \(proto.type)")
    }
  }

  /// Of files from before the type was written.
  private static func type(of proto: AttributeProto) -> Int32 {
    if proto.graphs > 0 { return 5 }
    if proto.tensor != nil { return 4 }
    if proto.float != nil { return 1 }
    if proto.int != nil { return 2 }
    if proto.string != nil { return 3 }
    if !proto.floats.isEmpty { return 6 }
    if !proto.strings.isEmpty { return 8 }
    if proto.tensors > 0 { return 9 }
    // A list without elements is most often one of integers.
    return proto.others > 0 ? 11 : 7
  }
}
