import Support

/// A model as its file has it: not checked beyond what each message says of itself.
struct ModelProto {
  var irVersion: Int64 = 0
  var producerName = ""
  var producerVersion = ""
  var domain = ""
  var modelVersion: Int64 = 0
  var graph: GraphProto?
  var opsetImports: [OperatorSetIdProto] = []
  var metadata: [StringStringEntryProto] = []
  /// "domain::name" of each function that the file defines.
  var functions: [String] = []

  /// The whole file.
  init(_ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: 0..<reader.bytes.count)
    while let field = try fields.next() {
      switch field.number {
      case 1: irVersion = try reader.int64(field, "ir_version")
      case 2: producerName = try reader.name(field, "producer_name")
      case 3: producerVersion = try reader.name(field, "producer_version")
      case 4: domain = try reader.name(field, "domain")
      case 5: modelVersion = try reader.int64(field, "model_version")
      case 7:
        var graph = self.graph ?? GraphProto()
        // One owner, so that nothing is copied however often the field occurs.
        self.graph = nil
        try graph.merge(try reader.message(field, "graph"), reader)
        self.graph = graph
      case 8:
        try reader.spend(at: field.byte)
        opsetImports.append(try OperatorSetIdProto(try reader.message(field, "opset_import"), reader))
      case 14:
        try reader.spend(at: field.byte)
        metadata.append(try StringStringEntryProto(try reader.message(field, "metadata_props"), reader))
      case 25:
        try reader.spend(at: field.byte)
        functions.append(try Self.function(try reader.message(field, "functions"), reader))
      default: break
      }
    }
  }

  /// Which function it is; what it computes is not looked at.
  private static func function(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) -> String {
    var (name, domain) = ("", "")
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: name = try reader.name(field, "FunctionProto.name")
      case 10: domain = try reader.name(field, "FunctionProto.domain")
      default: break
      }
    }
    return "\(NodeProto.canonical(domain))::\(name)"
  }
}

/// A version of a set of operators that a model's nodes may be of.
struct OperatorSetIdProto {
  var domain = ""
  var version: Int64 = 0

  init(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: domain = try reader.name(field, "OperatorSetIdProto.domain")
      case 2: version = try reader.int64(field, "OperatorSetIdProto.version")
      default: break
      }
    }
  }
}

/// A line of metadata, or of where external data lie.
struct StringStringEntryProto {
  var key = ""
  var value = ""

  init(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: key = try reader.name(field, "StringStringEntryProto.key")
      case 2:
        value = try reader.text(field, "StringStringEntryProto.value", limit: reader.limits.textBytes)
      default: break
      }
    }
  }
}

/// The nodes, constants, inputs and outputs of a graph. What exporters say of the values between is not read: shapes follow
/// from the operators.
struct GraphProto {
  var name = ""
  var nodes: [NodeProto] = []
  var initializers: [TensorProto] = []
  var inputs: [ValueInfoProto] = []
  var outputs: [ValueInfoProto] = []
  var sparseInitializers = 0

  mutating func merge(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1:
        try reader.spend(at: field.byte)
        guard nodes.count < reader.limits.nodes else {
          throw reader.tooMuch("at most \(reader.limits.nodes) nodes", at: field.byte)
        }
        nodes.append(try NodeProto(try reader.message(field, "node"), reader))
      case 2: name = try reader.name(field, "GraphProto.name")
      case 5:
        try reader.spend(at: field.byte)
        var tensor = TensorProto(byte: field.byte)
        try tensor.merge(try reader.message(field, "initializer"), reader)
        initializers.append(tensor)
      case 11: inputs.append(try ValueInfoProto(try reader.message(field, "input"), reader, at: field.byte))
      case 12: outputs.append(try ValueInfoProto(try reader.message(field, "output"), reader, at: field.byte))
      case 15: sparseInitializers += 1
      default: break
      }
    }
  }
}

/// The name and type of an input or output.
struct ValueInfoProto {
  /// A dimension: neither where the file does not say.
  struct Dimension {
    var value: Int64?
    var parameter: String?
  }

  var name = ""
  /// Nil for what is no tensor, and where the file does not say.
  var elementType: Int32?
  /// Nil where the file does not say even how many there are.
  var dimensions: [Dimension]?
  /// "a sequence", where it is no tensor.
  var otherKind: String?
  /// Where the file describes it.
  let byte: Int

  init(_ range: Range<Int>, _ reader: MessageReader, at byte: Int) throws(Problem) {
    self.byte = byte
    try reader.spend(at: byte)
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: name = try reader.name(field, "ValueInfoProto.name")
      case 2: try type(try reader.message(field, "type"), reader)
      default: break
      }
    }
  }

  private mutating func type(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1:
        otherKind = nil
        try tensor(try reader.message(field, "tensor_type"), reader)
      case 4: otherKind = "a sequence"
      case 5: otherKind = "a map"
      case 7: otherKind = "an opaque value"
      case 8: otherKind = "a sparse tensor"
      case 9: otherKind = "an optional value"
      default: break
      }
    }
  }

  private mutating func tensor(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: elementType = try reader.int32(field, "elem_type")
      case 2:
        dimensions = dimensions ?? []
        try shape(try reader.message(field, "shape"), reader)
      default: break
      }
    }
  }

  private mutating func shape(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      guard field.number == 1 else { continue }
      try reader.spend(at: field.byte)
      guard (dimensions?.count ?? 0) < reader.limits.rank else {
        throw reader.tooMuch("at most \(reader.limits.rank) dimensions", at: field.byte)
      }
      var dimension = Dimension()
      var parts = reader.fields(of: try reader.message(field, "dim"))
      while let part = try parts.next() {
        switch part.number {
        // One or the other: the last counts.
        case 1: dimension = Dimension(value: try reader.int64(part, "dim_value"))
        case 2: dimension = Dimension(parameter: try reader.name(part, "dim_param"))
        default: break
        }
      }
      dimensions?.append(dimension)
    }
  }
}
