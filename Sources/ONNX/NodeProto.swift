import Support

/// One application of an operator.
struct NodeProto {
  var inputs: [String] = []
  var outputs: [String] = []
  var name = ""
  var opType = ""
  /// As the file has it; see `canonical`.
  var domain = ""
  var attributes: [AttributeProto] = []
  /// PyTorch's newer exporter: which modules the node is in, as a Python list; nil where it does not say.
  var scopes: String?
  /// Where the file describes it.
  var byte = 0

  init(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    byte = range.lowerBound
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1, 2:
        let name = try reader.name(field, field.number == 1 ? "NodeProto.input" : "NodeProto.output")
        if field.number == 1 { inputs.append(name) } else { outputs.append(name) }
        guard max(inputs.count, outputs.count) <= reader.limits.inputsOfNode else {
          throw reader.tooMuch("at most \(reader.limits.inputsOfNode) inputs and outputs of a node", at: field.byte)
        }
      case 3: name = try reader.name(field, "NodeProto.name")
      case 4: opType = try reader.name(field, "NodeProto.op_type")
      case 5:
        try reader.spend(at: field.byte)
        guard attributes.count < reader.limits.attributesOfNode else {
          throw reader.tooMuch("at most \(reader.limits.attributesOfNode) attributes of a node", at: field.byte)
        }
        attributes.append(try AttributeProto(try reader.message(field, "attribute"), reader, at: field.byte))
      case 7: domain = try reader.name(field, "NodeProto.domain")
      case 9: try metadata(try reader.message(field, "metadata_props"), reader)
      default: break
      }
    }
  }

  /// Most of it is long and of no use here (stack traces): only what is looked for becomes a text.
  private mutating func metadata(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    var isScopes = false
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: isScopes = try reader.name(field, "StringStringEntryProto.key") == "pkg.torch.onnx.name_scopes"
      case 2 where isScopes:
        scopes = try reader.text(field, "StringStringEntryProto.value", limit: reader.limits.textBytes)
      default: break
      }
    }
  }

  /// The default domain goes by two names.
  static func canonical(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

/// A named constant of a node.
struct AttributeProto {
  var name = ""
  /// `AttributeProto.AttributeType`; 0 in files of before it was required.
  var type: Int32 = 0
  var float: Float?
  var int: Int64?
  var string: [UInt8]?
  var tensor: TensorProto?
  var floats: [Float] = []
  var ints: [Int64] = []
  var strings: [[UInt8]] = []
  var tensors = 0
  /// Graphs, one or several, which are not looked into.
  var graphs = 0
  /// Sparse tensors and types.
  var others = 0
  /// Of the function that the node is in, where its attribute stands for this.
  var reference = ""
  /// Where the file describes it.
  let byte: Int

  init(_ range: Range<Int>, _ reader: MessageReader, at byte: Int) throws(Problem) {
    self.byte = byte
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1: name = try reader.name(field, "AttributeProto.name")
      case 2: float = try reader.float(field, "AttributeProto.f")
      case 3: int = try reader.int64(field, "AttributeProto.i")
      case 4: string = try reader.content(field, "AttributeProto.s", limit: reader.limits.textBytes)
      case 5:
        var tensor = self.tensor ?? TensorProto(byte: field.byte)
        // One owner, so that nothing is copied however often the field occurs.
        self.tensor = nil
        try tensor.merge(try reader.message(field, "AttributeProto.t"), reader)
        self.tensor = tensor
      case 7: try reader.addFloats(field, "AttributeProto.floats", to: &floats)
      case 8: try reader.addInt64s(field, "AttributeProto.ints", to: &ints)
      case 9:
        strings.append(try reader.content(field, "AttributeProto.strings", limit: reader.limits.textBytes))
      case 10: tensors += 1
      case 6, 11: graphs += 1
      case 14, 15, 22, 23: others += 1
      case 20: type = try reader.int32(field, "AttributeProto.type")
      case 21: reference = try reader.name(field, "AttributeProto.ref_attr_name")
      default: break
      }
    }
  }
}
