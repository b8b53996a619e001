import Support
import Measures

/// Changes files as damage and malice do: seeded, so that every input can be made again from its number.
package struct Mutator {
  package var generator: SplitMix64
  /// Words of the format, to be put in where bytes at random would never spell them.
  private let words: [[UInt8]]

  package init(seed: UInt64, words: [String]) {
    generator = SplitMix64(seed: seed)
    self.words = words.map { Array($0.utf8) }
  }

  /// Whether something happens that is to happen once in so many times.
  package mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

  package mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  package mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &generator) }

  package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

  /// - Parameter choices: not empty.
  package mutating func element<Element>(_ choices: [Element]) -> Element {
    choices[integer(0...choices.count - 1)]
  }

  /// Extents, counts and offsets that programs stumble over.
  package static let numbers: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF_FFFF_FFFF,
  ]

  /// One to eight changes to one of the inputs.
  package mutating func change(_ corpus: [[UInt8]]) -> [UInt8] {
    change(corpus.randomElement(using: &generator) ?? [], corpus)
  }

  /// One to eight changes.
  package mutating func change(_ former: [UInt8], _ corpus: [[UInt8]]) -> [UInt8] {
    var bytes = former
    // Often one change only: many are refused for the first of them.
    let count = once(in: 2) ? 1 : integer(2...8)
    for _ in 0..<count { change(&bytes, corpus) }
    // Nothing grows without end.
    if bytes.count > 1 << 20 { bytes.removeLast(bytes.count - 1 << 20) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
    let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
    let length = min(bytes.count - place, Int.random(in: 1...64, using: &generator))
    switch Int.random(in: 0..<10, using: &generator) {
    case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 2: bytes.removeSubrange(place..<place + length)
    case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 4: bytes.removeLast(bytes.count - place)
    case 5:
      let number = Self.numbers.randomElement(using: &generator) ?? 0
      let size = min([1, 2, 4, 8].randomElement(using: &generator) ?? 1, bytes.count - place)
      let isBig = Bool.random(using: &generator)
      for index in 0..<size {
        bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (isBig ? size - 1 - index : index)))
      }
    case 6: bytes.insert(contentsOf: words.randomElement(using: &generator) ?? [], at: place)
    case 7:
      let word = words.randomElement(using: &generator) ?? []
      bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
    case 8:
      let other = corpus.randomElement(using: &generator) ?? []
      guard !other.isEmpty else { return }
      let start = Int.random(in: 0..<other.count, using: &generator)
      bytes.insert(contentsOf: other[start..<min(other.count, start + length)], at: place)
    default:
      let count = Int.random(in: 1...200, using: &generator)
      bytes.insert(contentsOf: Array(repeating: bytes.isEmpty ? 0x5B : bytes[place], count: count), at: place)
    }
  }
}
