/// Several loans of floats in a row: the inputs of a step, or what each image of a batch has of one value.
///
/// A list of its own, since an array holds only what may be kept.
public struct LentParts: ~Escapable {
  private var parts: [(buffer: AlignedBuffer, range: Range<Int>)]

  /// None yet.
  @_lifetime(borrow lender)
  public init<Lender: ~Copyable & ~Escapable>(lentBy lender: borrowing Lender) { parts = [] }

  /// Parts of one buffer.
  /// - Parameter lender: as of `LentFloats.init`.
  @_lifetime(borrow lender)
  public init<Lender: ~Copyable & ~Escapable>(
    _ buffer: AlignedBuffer, _ ranges: [Range<Int>], lentBy lender: borrowing Lender
  ) {
    parts = ranges.map { (buffer, $0) }
  }

  /// The same part of several buffers.
  /// - Parameter lender: as of `LentFloats.init`.
  @_lifetime(borrow lender)
  public init<Lender: ~Copyable & ~Escapable>(
    _ buffers: [AlignedBuffer], _ range: Range<Int>, lentBy lender: borrowing Lender
  ) {
    parts = buffers.map { ($0, range) }
  }

  /// Of one loan.
  @_lifetime(copy part)
  public init(_ part: LentFloats) { parts = [(part.buffer, part.range)] }

  /// How many loans these are.
  public var count: Int { parts.count }

  /// - Precondition: 0 ..< `count`; the range lies in the buffer.
  public subscript(index: Int) -> LentFloats {
    @_lifetime(copy self) get { LentFloats(parts[index].buffer, parts[index].range, lentAs: self) }
  }

  /// One more; together they are lent for as long as each of them is.
  @_lifetime(self: copy self, copy part)
  public mutating func append(_ part: LentFloats) { parts.append((part.buffer, part.range)) }

  /// For a call of C that takes a list of pointers.
  /// - Parameter body: takes the first float of each, and must not keep the pointers.
  public func withPointers<Result, Failure: Error>(
    _ body: ([UnsafeMutablePointer<Float>?]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(parts) {} }
    var pointers: [UnsafeMutablePointer<Float>?] = unsafe []
    for index in parts.indices {
      let part = self[index]
      unsafe pointers.append(unsafe part.buffer.pointer + part.range.lowerBound)
    }
    return try unsafe body(pointers)
  }
}
