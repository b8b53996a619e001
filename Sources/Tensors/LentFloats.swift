/// Floats of an aligned buffer that somebody lends for a while, to read and to write.
///
/// The compiler lets nobody keep them longer than the lender allows, so that nobody reads what was overwritten since. They hold
/// their buffer, and every range is compared with it, so that nothing of them can lie in memory that was given back.
///
/// Loans may overlap, as a value and its sum in place do. Loops over `span` and `mutableSpan` are the only places where
/// that matters; these say `unsafe`.
public struct LentFloats: ~Escapable {
  let buffer: AlignedBuffer
  private let start: Int
  /// In floats.
  public let count: Int

  /// - Parameters:
  ///   - range: of the buffer's floats.
  ///   - lender: who may write something else there once its own loan, or the access to it, has ended.
  /// - Precondition: the range lies in the buffer.
  @_lifetime(borrow lender)
  public init<Lender: ~Copyable & ~Escapable>(
    _ buffer: AlignedBuffer, _ range: Range<Int>, lentBy lender: borrowing Lender
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "\(range) of \(buffer.count) floats")
    self.buffer = buffer
    start = range.lowerBound
    count = range.count
  }

  /// What a list of loans holds, lent for as long as the list is.
  @_lifetime(copy list)
  init(_ buffer: AlignedBuffer, _ range: Range<Int>, lentAs list: LentParts) {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "\(range) of \(buffer.count) floats")
    self.buffer = buffer
    start = range.lowerBound
    count = range.count
  }

  @_lifetime(copy whole)
  private init(_ range: Range<Int>, of whole: LentFloats) {
    precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "\(range) of \(whole.count) lent floats")
    buffer = whole.buffer
    start = whole.start + range.lowerBound
    count = range.count
  }

  /// Which of the buffer's floats these are.
  var range: Range<Int> { start..<start + count }

  /// Some of them, lent for as long.
  /// - Precondition: the range lies in 0 ..< `count`.
  @_lifetime(copy self)
  public func part(_ range: Range<Int>) -> LentFloats { LentFloats(range, of: self) }

  /// All of them from one on, lent for as long.
  /// - Precondition: `start` is at most `count`.
  @_lifetime(copy self)
  public func part(from start: Int) -> LentFloats { LentFloats(start..<count, of: self) }

  /// - Precondition: 0 ..< `count`.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "float \(index) of \(count) that are lent")
      return unsafe buffer.pointer[start &+ index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count, "float \(index) of \(count) that are lent")
      unsafe buffer.pointer[start &+ index] = newValue
    }
  }

  /// Writes other floats over the first ones.
  /// - Parameter count: how many.
  /// - Precondition: there are as many on both sides.
  public func copy(_ source: LentFloats, count: Int) {
    let (source, target) = (source.part(0..<count), part(0..<count))
    unsafe target.withPointer { target in
      unsafe source.withPointer { unsafe target.update(from: $0, count: count) }
    }
  }

  /// Writes values over the floats from `place` on.
  /// - Precondition: there is room for them.
  public func copy(_ values: Span<Float>, at place: Int = 0) {
    let target = part(place..<place + values.count)
    unsafe target.withPointer { target in
      unsafe values.withUnsafeBufferPointer { values in
        if let base = values.baseAddress { unsafe target.update(from: base, count: values.count) }
      }
    }
  }

  /// Writes 0 over all of them.
  public func clear() {
    let count = count
    unsafe withPointer { unsafe $0.update(repeating: 0, count: count) }
  }

  /// A copy of the first ones.
  /// - Precondition: there are as many.
  public func values(_ count: Int) -> [Float] {
    unsafe part(0..<count).withPointer { unsafe Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  /// For loops that read them. Unsafe where somebody writes to the same floats meanwhile, which the compiler does not see.
  @unsafe public var span: Span<Float> {
    @_lifetime(copy self) get {
      unsafe _overrideLifetime(Span(_unsafeStart: buffer.pointer + start, count: count), copying: self)
    }
  }

  /// For loops that write them. Unsafe where somebody reads or writes the same floats meanwhile.
  @unsafe public var mutableSpan: MutableSpan<Float> {
    @_lifetime(copy self) get {
      unsafe _overrideLifetime(MutableSpan(_unsafeStart: buffer.pointer + start, count: count), copying: self)
    }
  }

  /// For a call of C, or a loop whose places the compiler cannot tell to be within bounds.
  /// - Parameter body: takes the first of `count` floats, and must not keep the pointer.
  public func withPointer<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Else the optimiser may give the buffer back after its last mention, which is before the body's end.
    defer { withExtendedLifetime(buffer) {} }
    return try unsafe body(buffer.pointer + start)
  }
}

/// `LentFloats.withPointer` of two loans.
public func withPointers<Result, Failure: Error>(
  _ first: LentFloats, _ second: LentFloats,
  _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) throws(Failure) -> Result
) throws(Failure) -> Result {
  try unsafe first.withPointer { (first) throws(Failure) in
    try unsafe second.withPointer { (second) throws(Failure) in try unsafe body(first, second) }
  }
}

/// `LentFloats.withPointer` of three loans.
public func withPointers<Result, Failure: Error>(
  _ first: LentFloats, _ second: LentFloats, _ third: LentFloats,
  _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) throws(Failure) ->
    Result
) throws(Failure) -> Result {
  try unsafe withPointers(first, second) { (first, second) throws(Failure) in
    try unsafe third.withPointer { (third) throws(Failure) in try unsafe body(first, second, third) }
  }
}

extension Span<Float> {
  /// The values from `start` on, as a vector.
  /// - Precondition: there are sixteen.
  @inlinable
  public func sixteen(from start: Int) -> SIMD16<Float> {
    unsafe extracting(start..<start + 16).withUnsafeBytes { unsafe $0.loadUnaligned(as: SIMD16<Float>.self) }
  }
}
