import Diagnostics

/// What the known globals do when a pickle calls them, and what `BUILD` does to their results.
extension PickleInterpreter {
  mutating func call(
    _ function: PickleGlobal, _ arguments: [PickleValue], at start: Int
  ) throws(Problem) -> PickleValue {
    switch function {
    case .orderedDictionary: return makeDictionary(try orderedEntries(arguments, at: start))
    case .rebuildTensor: return make(.tensor(try tensor(arguments, at: start)))
    case .rebuildParameter:
      guard let first = arguments.first, case .object(let index) = first, case .tensor = heap[index] else {
        throw damaged("a parameter is made of something else than a tensor", at: start)
      }
      return first
    case .reconstructArray: return make(.array(nil))
    case .dataTypeConstructor: return make(.dataType(try dataType(arguments, at: start)))
    case .arrayFromBuffer:
      guard arguments.count == 4, case .bytes(let span) = arguments[0] else {
        throw damaged("an array is made of something else than bytes", at: start)
      }
      let isFortran = try text(arguments[3], "an array's order", at: start) == "F"
      return make(
        .array(
          try array(type: arguments[1], shape: arguments[2], isFortran: isFortran, span: span, at: start)))
    case .scalar:
      guard arguments.count == 2 else { throw damaged("a NumPy number needs its type and value", at: start) }
      let shape = make(.tuple([]))
      return make(
        .array(
          try array(
            type: arguments[0], shape: shape, isFortran: false, span: content(arguments[1], at: start),
            at: start)))
    case .encode:
      guard arguments.count == 2, case .text(let span) = arguments[0],
        try text(arguments[1], "an encoding", at: start) == "latin1"
      else { throw damaged("`_codecs.encode` is called for something else than text in latin1", at: start) }
      return .bytes(span)
    case .emptyBytes:
      guard arguments.isEmpty else { throw damaged("bytes are made of something, expected of nothing", at: start) }
      return .bytes(ByteSpan(range: start..<start, encoding: .raw))
    case .storageType, .arrayType:
      throw damaged("a type is called that only names one", at: start)
    }
  }

  /// Python 3 fills an ordered dictionary afterwards; Python 2 gives it its pairs.
  private func orderedEntries(
    _ arguments: [PickleValue], at start: Int
  ) throws(Problem) -> [(key: PickleValue, value: PickleValue)] {
    guard let first = arguments.first else { return [] }
    guard case .object(let index) = first, case .list(let list) = heap[index] else {
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
  private func tensor(_ arguments: [PickleValue], at start: Int) throws(Problem) -> PickledTensor {
    guard arguments.count >= 4, case .object(let index) = arguments[0], case .storage(let storage) = heap[index] else {
      throw damaged("a tensor is made of something else than a storage, an offset, a shape and strides", at: start)
    }
    let shape = try integers(arguments[2], "a tensor's shape", at: start)
    let strides = try integers(arguments[3], "a tensor's strides", at: start)
    guard shape.count == strides.count else {
      throw damaged("a tensor has \(shape.count) extents and \(strides.count) strides", at: start)
    }
    if arguments.count > 6, case .object(let metadata) = arguments[6],
      case .dictionary(let dictionary) = heap[metadata],
      !dictionaries[dictionary].isEmpty
    {
      throw .usage(
        at: Place(file: file, byte: start), "a tensor is marked as conjugated or negated, which weights are not",
        remedy: Self.saveWeightsAlone)
    }
    return PickledTensor(
      storage: storage, offset: try integer(arguments[1], "a tensor's offset", at: start), shape: shape,
      strides: strides, byte: start)
  }

  /// ("storage", type, key, location, number of elements[, view]).
  func storage(_ value: PickleValue, at start: Int) throws(Problem) -> StorageReference {
    let parts = try tuple(value, "a persistent identifier", at: start)
    guard parts.count == 5 || parts.count == 6, try text(parts[0], "its kind", at: start) == "storage",
      case .global(.storageType(let dataType)) = parts[1]
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
      key: try text(parts[2], "a storage's key", at: start), dataType: dataType, count: count, view: view, byte: start)
  }

  /// "f4", "<f8", "i8", "b1"; the byte order may come later, with `BUILD`.
  private func dataType(_ arguments: [PickleValue], at start: Int) throws(Problem) -> NumPyDataType {
    guard let first = arguments.first else { throw damaged("a NumPy type has no name", at: start) }
    let name = try text(first, "a NumPy type", at: start)
    let order = name.first.flatMap { "<>=|".contains($0) ? $0 : nil }
    let types: [String: TensorDataType] = [
      "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
      "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool, "c8": .complex64,
    ]
    guard let type = types[order == nil ? name : String(name.dropFirst())] else {
      throw .usage(
        at: Place(file: file, byte: start), "an array is of the NumPy type `\(printable(name))`, expected numbers",
        remedy: Self.saveWeightsAlone)
    }
    return NumPyDataType(dataType: type, isBigEndian: order == ">")
  }

  private func array(
    type: PickleValue, shape: PickleValue, isFortran: Bool, span: ByteSpan, at start: Int
  ) throws(Problem) -> PickledArray {
    guard case .object(let index) = type, case .dataType(let type) = heap[index] else {
      throw damaged("an array has \(describe(type)) where its type should be", at: start)
    }
    return PickledArray(
      type: type, shape: try integers(shape, "an array's shape", at: start), isFortran: isFortran, span: span,
      byte: start)
  }

  private func content(_ value: PickleValue, at start: Int) throws(Problem) -> ByteSpan {
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
    case .dictionary, .tensor:
      // A state dict's `_metadata`, an old parameter's hooks: nothing that a value depends on.
      break
    case .array:
      let parts = try tuple(state, "an array's state", at: start)
      guard parts.count == 5, case .boolean(let isFortran) = parts[3] else {
        throw damaged("an array's state is not (version, shape, type, order, values)", at: start)
      }
      let array = try array(
        type: parts[2], shape: parts[1], isFortran: isFortran, span: content(parts[4], at: start), at: start)
      set(index, to: .array(array))
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
