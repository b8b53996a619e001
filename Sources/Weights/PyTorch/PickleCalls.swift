import Support

/// What the known globals do when a pickle calls them, and what `BUILD` does to their results.
extension PickleInterpreter {
  mutating func call(
    _ function: PickleGlobal, _ arguments: [PickleValue], at start: Int
  ) throws(Problem) -> PickleValue {
    switch function {
    case .orderedDictionary: return makeDictionary(try orderedEntries(arguments, at: start))
    case .rebuildTensor: return try tensor(arguments, at: start)
    case .rebuildTensorWithType:
      guard arguments.count >= 7 else { throw damaged("a tensor is made without a type", at: start) }
      switch arguments[6] {
      case .global(.torchType(let type?, _)):
        return try tensor(arguments, type: type, metadata: 7, at: start)
      case .global(.torchType(nil, let name)): return unread(type: name, at: start)
      default:
        if let opaque = opaque(among: arguments[6...6]) { return make(.opaque(opaque)) }
        throw damaged("a tensor has \(describe(arguments[6])) where its type should be", at: start)
      }
    case .rebuildParameter:
      guard let first = arguments.first, case .object(let index) = first else {
        throw damaged("a parameter is made of something else than a tensor", at: start)
      }
      switch heap[index] {
      case .tensor: return first
      case .opaque(var value):
        value.isTensor = true
        return make(.opaque(value))
      default: throw damaged("a parameter is made of something else than a tensor", at: start)
      }
    case .rebuildFromType: return try tensorOfType(arguments, at: start)
    case .rebuildOnDevice: return try tensorOnDevice(arguments, at: start)
    case .unreadTensor(let reason, let remedy):
      return make(.opaque(OpaqueValue(tensor: reason, remedy: remedy, byte: start)))
    case .tensorType: return make(.emptyTensor)
    case .size:
      return make(
        .tuple(try arguments.first.map { value throws(Problem) in try tuple(value, "a size", at: start) } ?? []))
    case .reconstructArray:
      if case .global(.opaque(let index))? = arguments.first {
        let name = opaqueGlobals[index]
        return make(.opaque(OpaqueValue(global: name.name, isTensor: true, byte: name.byte)))
      }
      return make(.array(nil))
    case .dataTypeConstructor: return make(try dataType(arguments, at: start))
    case .arrayFromBuffer:
      guard arguments.count == 4 else {
        throw damaged("an array is made of something else than bytes", at: start)
      }
      let isFortran = try text(arguments[3], "an array's order", at: start) == "F"
      return make(
        try array(type: arguments[1], shape: arguments[2], isFortran: isFortran, content: arguments[0], at: start))
    case .scalar:
      guard arguments.count == 2 else { throw damaged("a NumPy number needs its type and value", at: start) }
      let shape = make(.tuple([]))
      return make(
        try array(type: arguments[0], shape: shape, isFortran: false, content: arguments[1], at: start))
    case .encode:
      guard arguments.count == 2, case .text(let span) = arguments[0] else {
        throw damaged("`_codecs.encode` is called for something else than text in an encoding", at: start)
      }
      // In other encodings the text stands for other bytes; no array is written so.
      return try text(arguments[1], "an encoding", at: start) == "latin1" ? .bytes(span) : make(.plain("bytes"))
    case .bytes:
      switch arguments.first {
      case nil: return .bytes(ByteSpan(range: start..<start, encoding: .raw))
      case .bytes(let span)?, .text(let span)?: return .bytes(span)
      default: return make(.plain("bytes"))
      }
    case .plain(let what): return make(.plain(what))
    case .objectOfClass:
      guard case .global(let type)? = arguments.first else {
        throw damaged("an object is made without a class", at: start)
      }
      if case .objectOfClass = type { throw damaged("an object's class is none", at: start) }
      return try call(type, [], at: start)
    case .opaque(let index):
      return make(.opaque(OpaqueValue(global: opaqueGlobals[index].name, byte: opaqueGlobals[index].byte)))
    case .storageType: return make(.plain("a storage"))
    case .arrayType, .torchType:
      throw damaged("a type is called that only names one", at: start)
    }
  }

  /// The first of some arguments, or of what stands in their tuples, that is not to be had.
  private func opaque(among arguments: some Sequence<PickleValue>) -> OpaqueValue? {
    func opaque(_ value: PickleValue) -> OpaqueValue? {
      switch value {
      case .object(let index):
        guard case .opaque(var value) = heap[index] else { return nil }
        value.isTensor = true
        return value
      case .global(.opaque(let index)):
        return OpaqueValue(global: opaqueGlobals[index].name, isTensor: true, byte: opaqueGlobals[index].byte)
      default: return nil
      }
    }
    for argument in arguments {
      if let found = opaque(argument) { return found }
      guard case .object(let index) = argument, case .tuple(let items) = heap[index] else { continue }
      for item in items.prefix(32) {
        if let found = opaque(item) { return found }
      }
    }
    return nil
  }

  private mutating func unread(type: String, at start: Int) -> PickleValue {
    let isQuantised = type.lowercased().hasPrefix("q")
    return make(
      .opaque(
        OpaqueValue(
          tensor: (isQuantised ? "it is quantised" : "its values are of a type that is not read")
            + " (\(printable(type)))",
          remedy: isQuantised
            ? "Save the network's weights from before it was quantised, in float32."
            : "Save the tensor again as float32, as `state_dict()` of a model in float32 does.", byte: start)))
  }

  /// (function, type, its arguments, state): a tensor with attributes, or of a class of its own.
  private mutating func tensorOfType(_ arguments: [PickleValue], at start: Int) throws(Problem) -> PickleValue {
    guard arguments.count >= 3 else { throw damaged("a tensor of a type is made without one", at: start) }
    if let opaque = opaque(among: arguments[0...1]) { return make(.opaque(opaque)) }
    guard case .global(let function) = arguments[0] else {
      throw damaged("a tensor of a type is made by \(describe(arguments[0]))", at: start)
    }
    // One of another would call itself without end.
    if case .rebuildFromType = function {
      throw damaged("a tensor of a type is made by a function that makes such tensors", at: start)
    }
    return try call(function, tuple(arguments[2], "a tensor's arguments", at: start), at: start)
  }

  /// (tensor or array, type, device, whether it is trained).
  private mutating func tensorOnDevice(_ arguments: [PickleValue], at start: Int) throws(Problem) -> PickleValue {
    guard let first = arguments.first else { throw damaged("a tensor of a device is made of nothing", at: start) }
    if let opaque = opaque(among: [first]) { return make(.opaque(opaque)) }
    guard case .object(let index) = first else {
      throw damaged("a tensor of a device is made of \(describe(first))", at: start)
    }
    let stored: TensorDataType
    switch heap[index] {
    case .tensor(let tensor): stored = tensor.dataType
    case .array(let array?): stored = array.type.dataType
    default: throw damaged("a tensor of a device is made of \(describe(first))", at: start)
    }
    guard arguments.count > 1, case .global(.torchType(let wanted, let name)) = arguments[1], wanted != stored else {
      return first
    }
    return make(
      .opaque(
        OpaqueValue(
          tensor: "it was saved as \(stored.rawValue) for a device that has it as \(printable(name))",
          remedy: "Move the network to the CPU before its weights are saved: model.cpu().", byte: start)))
  }

  /// Python 3 fills an ordered dictionary afterwards; Python 2 gives it its pairs.
  private func orderedEntries(
    _ arguments: [PickleValue], at start: Int
  ) throws(Problem) -> [(key: PickleValue, value: PickleValue)] {
    guard let first = arguments.first else { return [] }
    guard case .object(let index) = first, case .list(let list) = heap[index] else {
      if case .object(let index) = first, case .dictionary(let dictionary) = heap[index] {
        // A counter's.
        return dictionaries[dictionary]
      }
      // A `defaultdict` is made of the function that makes what is missing.
      switch first {
      case .global, .none: return []
      case .object(let index):
        if case .opaque = heap[index] { return [] }
      default: break
      }
      throw damaged("an ordered dictionary is made of something else than a list", at: start)
    }
    var entries: [(key: PickleValue, value: PickleValue)] = []
    for item in lists[list] {
      let pair = try tuple(item, "an entry of an ordered dictionary", at: start)
      guard pair.count == 2 else { throw damaged("an entry of a dictionary has \(pair.count) parts", at: start) }
      entries.append((pair[0], pair[1]))
    }
    return entries
  }

  /// (storage, offset, shape, strides), then what only training needs.
  /// - Parameters:
  ///   - type: of the elements, where the storage counts bytes.
  ///   - metadata: the place of the marks for conjugation and negation among the arguments.
  private mutating func tensor(
    _ arguments: [PickleValue], type: TensorDataType? = nil, metadata: Int = 6, at start: Int
  ) throws(Problem) -> PickleValue {
    if let opaque = opaque(among: arguments.prefix(4)) { return make(.opaque(opaque)) }
    guard arguments.count >= 4, case .object(let index) = arguments[0], case .storage(let storage) = heap[index] else {
      throw damaged("a tensor is made of something else than a storage, an offset, a shape and strides", at: start)
    }
    let shape = try integers(arguments[2], "a tensor's shape", at: start)
    let strides = try integers(arguments[3], "a tensor's strides", at: start)
    guard shape.count == strides.count else {
      throw damaged("a tensor has \(shape.count) extents and \(strides.count) strides", at: start)
    }
    let offset = try integer(arguments[1], "a tensor's offset", at: start)
    if arguments.count > metadata, case .object(let index) = arguments[metadata],
      case .dictionary(let dictionary) = heap[index], !dictionaries[dictionary].isEmpty
    {
      return make(
        .opaque(
          OpaqueValue(
            tensor: "it is marked as conjugated or negated, which weights are not",
            remedy: "Save it with the mark resolved: tensor.resolve_conj().resolve_neg().", byte: start)))
    }
    guard let dataType = type ?? storage.type.dataType else { return unread(type: storage.type.name, at: start) }
    return make(
      .tensor(
        PickledTensor(
          storage: storage, dataType: dataType, offset: offset, shape: shape, strides: strides, byte: start)))
  }

  /// What stands for something beside the pickle: a storage, or the class of a network saved whole by the older format.
  mutating func persistent(_ value: PickleValue, at start: Int) throws(Problem) -> PickleObject {
    let parts = try tuple(value, "a persistent identifier", at: start)
    if let opaque = opaque(among: parts) { return .opaque(opaque) }
    return .storage(try storage(parts, at: start))
  }

  /// ("storage", type, key, location, number of elements[, view]).
  private func storage(_ parts: [PickleValue], at start: Int) throws(Problem) -> StorageReference {
    guard parts.count == 5 || parts.count == 6, try text(parts[0], "its kind", at: start) == "storage",
      case .global(.storageType(let type)) = parts[1]
    else { throw damaged("a persistent identifier is no storage's", at: start) }
    let count = try integer(parts[4], "a storage's size", at: start)
    var view = 0..<count
    if parts.count == 6, case .object = parts[5] {
      let described = try tuple(parts[5], "a storage's view", at: start)
      guard described.count == 3 else { throw damaged("a storage's view has \(described.count) parts", at: start) }
      let offset = try integer(described[1], "a view's offset", at: start)
      let size = try integer(described[2], "a view's size", at: start)
      guard offset <= count, size <= count - offset else {
        throw damaged("a view of \(size) elements from \(offset) leaves its storage of \(count)", at: start)
      }
      view = offset..<offset + size
    }
    return StorageReference(
      key: try text(parts[2], "a storage's key", at: start), type: type, count: count, view: view, byte: start)
  }

  /// "f4", "<f8", "i8", "b1"; the byte order may come later, with `BUILD`.
  /// - Returns: for types that are no numbers a plain value.
  private func dataType(_ arguments: [PickleValue], at start: Int) throws(Problem) -> PickleObject {
    guard let first = arguments.first else { throw damaged("a NumPy type has no name", at: start) }
    let name = try text(first, "a NumPy type", at: start)
    let order = name.first.flatMap { "<>=|".contains($0) ? $0 : nil }
    let types: [String: TensorDataType] = [
      "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
      "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool, "c8": .complex64,
    ]
    guard let type = types[order == nil ? name : String(name.dropFirst())] else {
      return .plain("the NumPy type `\(printable(name))`")
    }
    return .dataType(NumPyDataType(dataType: type, isBigEndian: order == ">"))
  }

  private func array(
    type: PickleValue, shape: PickleValue, isFortran: Bool, content: PickleValue, at start: Int
  ) throws(Problem) -> PickleObject {
    if let opaque = opaque(among: [type, content]) { return .opaque(opaque) }
    guard case .object(let index) = type else {
      throw damaged("an array has \(describe(type)) where its type should be", at: start)
    }
    switch heap[index] {
    case .dataType(let type):
      return .array(
        PickledArray(
          type: type, shape: try integers(shape, "an array's shape", at: start), isFortran: isFortran,
          span: try span(content, at: start), byte: start))
    case .plain(let what):
      var value = OpaqueValue(
        tensor: "it is an array of \(what), expected numbers", remedy: Self.saveWeightsAlone, byte: start)
      // No weights are made of it: a list of names, say.
      value.isTensor = false
      return .opaque(value)
    default: throw damaged("an array has \(describe(type)) where its type should be", at: start)
    }
  }

  private func span(_ value: PickleValue, at start: Int) throws(Problem) -> ByteSpan {
    switch value {
    case .bytes(let span), .text(let span): return span
    default: throw damaged("an array has \(describe(value)) where its values should be", at: start)
    }
  }

  /// `BUILD`: sets an object's state.
  mutating func build(_ target: PickleValue, state: PickleValue, at start: Int) throws(Problem) {
    guard case .object(let index) = target else {
      throw damaged("a state is given to \(describe(target))", at: start)
    }
    switch heap[index] {
    case .dictionary, .tensor, .opaque, .plain:
      // A state dict's `_metadata`, an old parameter's hooks: nothing that a value depends on.
      break
    case .emptyTensor:
      let made = try tensor(tuple(state, "a tensor's state", at: start), at: start)
      guard case .object(let other) = made else { break }
      set(index, to: heap[other])
    case .array:
      let parts = try tuple(state, "an array's state", at: start)
      guard parts.count == 5, case .boolean(let isFortran) = parts[3] else {
        throw damaged("an array's state is not (version, shape, type, order, values)", at: start)
      }
      set(
        index, to: try array(type: parts[2], shape: parts[1], isFortran: isFortran, content: parts[4], at: start))
    case .dataType(var type):
      let parts = try tuple(state, "a NumPy type's state", at: start)
      guard parts.count >= 2 else { throw damaged("a NumPy type's state has \(parts.count) parts", at: start) }
      type.isBigEndian = try text(parts[1], "a byte order", at: start) == ">"
      set(index, to: .dataType(type))
    case .tuple, .list, .storage:
      throw damaged("a state is given to \(describe(target))", at: start)
    }
  }

  // MARK: - Reading values

  /// A tuple's or list's items.
  func tuple(_ value: PickleValue, _ purpose: String, at start: Int) throws(Problem) -> [PickleValue] {
    if case .object(let index) = value {
      switch heap[index] {
      case .tuple(let items): return items
      case .list(let list): return lists[list]
      default: break
      }
    }
    throw damaged("\(purpose) should be a tuple, found \(describe(value))", at: start)
  }

  func text(_ span: ByteSpan) throws(Problem) -> String {
    guard let text = span.text(in: bytes) else { throw damaged("a text is not UTF-8", at: span.range.lowerBound) }
    return text
  }

  func text(_ value: PickleValue, _ purpose: String, at start: Int) throws(Problem) -> String {
    switch value {
    case .text(let span), .bytes(let span): return try text(span)
    default: throw damaged("\(purpose) should be a text, found \(describe(value))", at: start)
    }
  }

  /// From 0 up.
  func integer(_ value: PickleValue, _ purpose: String, at start: Int) throws(Problem) -> Int {
    guard case .integer(let number) = value, number >= 0 else {
      throw damaged("\(purpose) should be a whole number from 0 up, found \(describe(value))", at: start)
    }
    return number
  }

  private func integers(_ value: PickleValue, _ purpose: String, at start: Int) throws(Problem) -> [Int] {
    var numbers: [Int] = []
    for item in try tuple(value, purpose, at: start) { numbers.append(try integer(item, purpose, at: start)) }
    guard numbers.count <= 32 else { throw damaged("\(purpose) has \(numbers.count) extents", at: start) }
    return numbers
  }
}
