/// Gives out parts of one piece of memory, first fit, to values whose times of use are known beforehand.
struct Arena {
  private struct Part {
    let range: Range<Int>
    var lastUse: Int
  }
  /// By offset.
  private var parts: [Part] = []
  /// Floats that the memory must have.
  private(set) var count = 0

  /// Takes back what is not used at this time or later. Times must not go back.
  mutating func release(before time: Int) { parts.removeAll { $0.lastUse < time } }

  /// Says anew how long a value is used, which has not been taken back yet.
  mutating func keep(_ offset: Int, until lastUse: Int) {
    for index in parts.indices where parts[index].range.lowerBound == offset { parts[index].lastUse = lastUse }
  }

  /// - Returns: where a value of so many floats, used until then, may lie.
  mutating func take(_ size: Int, until lastUse: Int) -> Int {
    let size = size.paddedToCacheLine
    var offset = 0
    var place = 0
    while place < parts.count, parts[place].range.lowerBound - offset < size {
      offset = parts[place].range.upperBound
      place += 1
    }
    parts.insert(Part(range: offset..<offset + size, lastUse: lastUse), at: place)
    count = max(count, offset + size)
    return offset
  }
}
