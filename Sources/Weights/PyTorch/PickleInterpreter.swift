import Support

/// Reads one pickle: all opcodes of protocols 0 to 5, and `PickleGlobal`'s few names. It builds plain values and calls
/// nothing of Python's: what a global that is not known would make becomes an `OpaqueValue`.
///
/// Opcodes as in CPython's `Lib/pickletools.py`.
struct PickleInterpreter {
  let bytes: FileBytes
  let file: String
  /// The end of the part of the file that the pickle may use.
  let end: Int
  /// Of the next byte, from the start of the file.
  var position: Int
  private(set) var heap: [PickleObject] = []
  private(set) var lists: [[PickleValue]] = []
  /// As inserted; a later entry of the same key holds.
  private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// "argparse.Namespace" and where it is named first, in the order of the pickle.
  private(set) var opaqueGlobals: [(name: String, byte: Int)] = []
  /// Whether storages are named by lines of text, as protocol 0 would.
  private(set) var hasUnnamedStorages = false
  private var opaqueIndices: [String: Int] = [:]

  /// A network of a thousand layers needs some 100,000 steps; this many take 200 MB at most.
  static let stepLimit = 1_000_000
  static let remedy = "Copy or download the file again."

  init(_ bytes: FileBytes, in range: Range<Int>, file: String) {
    self.bytes = bytes
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  /// Runs to the end of the pickle and leaves `position` behind it.
  /// - Throws: `Problem.failure` for a damaged pickle, `.usage` for one that needs more than tensors do.
  mutating func run() throws(Problem) -> PickleValue {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    for _ in 0..<Self.stepLimit {
      let start = position
      let opcode = try unsigned(1)
      if opcode == Int(UInt8(ascii: ".")) {
        let value = try pop(at: start)
        guard marks.isEmpty else { throw damaged("it ends inside of a list or tuple", at: start) }
        return value
      }
      try step(UInt8(opcode), at: start)
    }
    throw damaged("it has more than \(Self.stepLimit) steps, which no dictionary of tensors needs", at: position)
  }

  private mutating func step(_ opcode: UInt8, at start: Int) throws(Problem) {
    switch opcode {
    case 0x80:
      let version = try unsigned(1)
      guard version <= 5 else { throw damaged("its protocol is \(version), expected 0 to 5", at: start) }
    case 0x95: _ = try take(8)
    // Stack and memo.
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):
      // Python's POP takes a mark away where one is on top.
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop(at: start) }
    case UInt8(ascii: "1"): _ = try popToMark(at: start)
    case UInt8(ascii: "2"):
      let value = try pop(at: start)
      stack.append(value)
      stack.append(value)
    case UInt8(ascii: "q"): try remember(unsigned(1), at: start)
    case UInt8(ascii: "r"): try remember(unsigned(4), at: start)
    case UInt8(ascii: "p"): try remember(lineInteger(), at: start)
    case 0x94: try remember(memo.count, at: start)
    case UInt8(ascii: "h"): try recall(unsigned(1), at: start)
    case UInt8(ascii: "j"): try recall(unsigned(4), at: start)
    case UInt8(ascii: "g"): try recall(lineInteger(), at: start)
    // Constants and numbers.
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "K"): stack.append(.integer(try unsigned(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2)))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case 0x8a: stack.append(try long(count: unsigned(1)))
    case 0x8b: stack.append(try long(count: unsigned(4)))
    case UInt8(ascii: "I"):
      // Protocol 0 writes False and True as 00 and 01.
      let isBoolean = position + 3 <= end && bytes[position] == 0x30 && bytes[position + 2] == 0x0a
      let value = try lineNumber()
      if isBoolean, case .integer(let number) = value {
        stack.append(.boolean(number != 0))
      } else {
        stack.append(value)
      }
    case UInt8(ascii: "L"): stack.append(try lineNumber())
    case UInt8(ascii: "F"):
      let text = try line()
      guard let number = Double(text) else { throw damaged("expected a number, found `\(printable(text))`", at: start) }
      stack.append(.number(number))
    case UInt8(ascii: "G"):
      let range = try take(8)
      let bits = bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
      stack.append(.number(Double(bitPattern: UInt64(bigEndian: bits))))
    // Text and bytes.
    case UInt8(ascii: "X"): stack.append(.text(try span(unsigned(4), .utf8)))
    case 0x8c: stack.append(.text(try span(unsigned(1), .utf8)))
    case 0x8d: stack.append(.text(try span(length8(), .utf8)))
    case UInt8(ascii: "T"): stack.append(.text(try span(unsigned(4), .raw)))
    case UInt8(ascii: "U"): stack.append(.text(try span(unsigned(1), .raw)))
    case UInt8(ascii: "S"): stack.append(.text(try quotedLine(at: start)))
    case UInt8(ascii: "V"): stack.append(.text(ByteSpan(range: try lineRange(), encoding: .unicodeEscaped)))
    case UInt8(ascii: "B"): stack.append(.bytes(try span(unsigned(4), .raw)))
    case UInt8(ascii: "C"): stack.append(.bytes(try span(unsigned(1), .raw)))
    case 0x8e, 0x96: stack.append(.bytes(try span(length8(), .raw)))
    // Containers.
    case UInt8(ascii: ")"): push(.tuple([]))
    case UInt8(ascii: "]"): stack.append(makeList([]))
    case UInt8(ascii: "}"): stack.append(makeDictionary([]))
    case UInt8(ascii: "t"): push(.tuple(try popToMark(at: start)))
    case UInt8(ascii: "l"): stack.append(makeList(try popToMark(at: start)))
    case UInt8(ascii: "d"):
      let values = try popToMark(at: start)
      stack.append(makeDictionary(try pairs(values, at: start)))
    case 0x85...0x87: push(.tuple(try pop(Int(opcode) - 0x84, at: start)))
    case UInt8(ascii: "a"): try append(pop(1, at: start), at: start)
    case UInt8(ascii: "e"): try append(popToMark(at: start), at: start)
    case UInt8(ascii: "s"): try insert(pop(2, at: start), at: start)
    case UInt8(ascii: "u"): try insert(popToMark(at: start), at: start)
    case 0x8f: push(.plain("a set"))
    case 0x90: try append(popToMark(at: start), at: start)
    case 0x91:
      _ = try popToMark(at: start)
      push(.plain("a set"))
    // Globals and what is made with them.
    case UInt8(ascii: "c"): stack.append(.global(global(module: try line(), name: try line(), at: start)))
    case 0x93:
      let names = try pop(2, at: start)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw damaged("a global's name is no text", at: start)
      }
      stack.append(.global(global(module: try text(module), name: try text(name), at: start)))
    // A number that stands for a global of who wrote it.
    case 0x82: stack.append(.global(opaqueGlobal("copyreg extension \(try unsigned(1))", at: start)))
    case 0x83: stack.append(.global(opaqueGlobal("copyreg extension \(try unsigned(2))", at: start)))
    case 0x84: stack.append(.global(opaqueGlobal("copyreg extension \(try unsigned(4))", at: start)))
    case UInt8(ascii: "R"), 0x81:
      let call = try pop(2, at: start)
      try make(call[0], arguments(call[1], of: call[0], at: start), at: start)
    case 0x92:
      // With a dictionary of named arguments, which no tensor is made with.
      let call = try pop(3, at: start)
      try make(call[0], arguments(call[1], of: call[0], at: start), at: start)
    case UInt8(ascii: "i"):
      let name = global(module: try line(), name: try line(), at: start)
      try make(.global(name), popToMark(at: start), at: start)
    case UInt8(ascii: "o"):
      let values = try popToMark(at: start)
      guard let first = values.first else { throw damaged("an object has no class", at: start) }
      try make(first, Array(values.dropFirst()), at: start)
    case UInt8(ascii: "b"):
      let pair = try pop(2, at: start)
      try build(pair[0], state: pair[1], at: start)
      stack.append(pair[0])
    case UInt8(ascii: "Q"):
      let identifier = try pop(at: start)
      push(try persistent(identifier, at: start))
    case UInt8(ascii: "P"):
      // `torch.save` asks for protocol 0 in vain: there a storage would have to be named by a text.
      _ = try lineRange()
      hasUnnamedStorages = true
      push(
        .opaque(
          OpaqueValue(
            tensor: "pickle protocol 0 cannot say where its values are", remedy: Self.saveWithItsProtocol,
            byte: start)))
    case 0x97:
      push(
        .opaque(
          OpaqueValue(
            tensor: "its values are in a buffer outside of the pickle", remedy: Self.saveWeightsAlone, byte: start)))
    case 0x98:
      let value = try pop(at: start)
      stack.append(value)
    default: throw damaged("there is no opcode \(opcode)", at: start)
    }
  }

  static let saveWithItsProtocol = "Save it with torch.save's own protocol: leave `pickle_protocol` out."
  static let saveWeightsAlone =
    "Save the weights alone where the file was made: torch.save(model.state_dict(), \"weights.pth\")."

  private mutating func global(module: String, name: String, at start: Int) -> PickleGlobal {
    PickleGlobal(module: module, name: name) ?? opaqueGlobal("\(module).\(name)", at: start)
  }

  private mutating func opaqueGlobal(_ name: String, at start: Int) -> PickleGlobal {
    let index = opaqueIndices[name] ?? opaqueGlobals.count
    if index == opaqueGlobals.count {
      opaqueIndices[name] = index
      opaqueGlobals.append((name, start))
    }
    return .opaque(index)
  }

  /// A tuple's items. Of what is opaque none are looked at, which may be opaque themselves.
  private func arguments(
    _ value: PickleValue, of function: PickleValue, at start: Int
  ) throws(Problem) -> [PickleValue] {
    switch function {
    case .global(.opaque): return []
    case .object(let index):
      if case .opaque = heap[index] { return [] }
    default: break
    }
    return try tuple(value, "a call's arguments", at: start)
  }

  /// Of `REDUCE` and its like: what a known function or type makes of its arguments, or an opaque value.
  private mutating func make(
    _ function: PickleValue, _ arguments: [PickleValue], at start: Int
  ) throws(Problem) {
    switch function {
    case .global(.opaque(let index)):
      push(.opaque(OpaqueValue(global: opaqueGlobals[index].name, byte: opaqueGlobals[index].byte)))
    case .global(let known): stack.append(try call(known, arguments, at: start))
    case .object(let index):
      // What an opaque value would make is as opaque.
      guard case .opaque = heap[index] else { fallthrough }
      stack.append(function)
    default: throw damaged("expected a function to call, found \(describe(function))", at: start)
    }
  }

  // MARK: - The stack

  private mutating func pop(at start: Int) throws(Problem) -> PickleValue { try pop(1, at: start)[0] }

  private mutating func pop(_ count: Int, at start: Int) throws(Problem) -> [PickleValue] {
    let available = stack.count - (marks.last ?? 0)
    guard available >= count else {
      throw damaged("an opcode needs \(count) values, \(max(0, available)) are there", at: start)
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark(at start: Int) throws(Problem) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw damaged("a list or tuple ends that did not begin", at: start)
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  mutating func push(_ object: PickleObject) {
    stack.append(.object(heap.count))
    heap.append(object)
  }

  mutating func make(_ object: PickleObject) -> PickleValue {
    heap.append(object)
    return .object(heap.count - 1)
  }

  mutating func makeList(_ items: [PickleValue]) -> PickleValue {
    lists.append(items)
    return make(.list(lists.count - 1))
  }

  mutating func makeDictionary(_ entries: [(key: PickleValue, value: PickleValue)]) -> PickleValue {
    dictionaries.append(entries)
    return make(.dictionary(dictionaries.count - 1))
  }

  mutating func set(_ index: Int, to object: PickleObject) { heap[index] = object }

  private mutating func remember(_ key: Int, at start: Int) throws(Problem) {
    let value = try pop(at: start)
    stack.append(value)
    memo[key] = value
  }

  private mutating func recall(_ key: Int, at start: Int) throws(Problem) {
    guard let value = memo[key] else { throw damaged("it recalls \(key), which was not remembered", at: start) }
    stack.append(value)
  }

  // MARK: - Lists and dictionaries

  private mutating func append(_ values: [PickleValue], at start: Int) throws(Problem) {
    guard case .object(let index)? = stack.last else {
      throw damaged("an item goes into something else than a list", at: start)
    }
    switch heap[index] {
    case .list(let list): lists[list].append(contentsOf: values)
    // What goes into a value that is not looked into need not be kept.
    case .opaque, .plain: break
    default: throw damaged("an item goes into something else than a list", at: start)
    }
  }

  private mutating func insert(_ values: [PickleValue], at start: Int) throws(Problem) {
    let added = try pairs(values, at: start)
    guard case .object(let index)? = stack.last else {
      throw damaged("an entry goes into something else than a dictionary", at: start)
    }
    switch heap[index] {
    case .dictionary(let dictionary): dictionaries[dictionary].append(contentsOf: added)
    case .opaque, .plain: break
    default: throw damaged("an entry goes into something else than a dictionary", at: start)
    }
  }

  private func pairs(
    _ values: [PickleValue], at start: Int
  ) throws(Problem) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw damaged("a dictionary has a key without a value", at: start) }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  // MARK: - Messages

  func damaged(_ message: String, at byte: Int) -> Problem {
    .failure(at: Place(file: file, byte: byte), "the pickle is damaged: \(message)", remedy: Self.remedy)
  }

  func describe(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .boolean(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .largeInteger: "a large number"
    case .number(let value): "\(value)"
    case .text(let span): "`\(printable(span.text(in: bytes) ?? "text"))`"
    case .bytes: "bytes"
    case .global(.opaque(let index)): "`\(printable(opaqueGlobals[index].name))`"
    case .global: "a global"
    case .object(let index): heap[index].description
    }
  }
}
