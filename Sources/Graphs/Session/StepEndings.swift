import CElements
import CRectifier
import Support
import Tensors

/// Of one image: how each step's value ends, and what the gradient that passes its end has to know, so that values need not
/// be kept: of functions that are linear in pieces a bit for each element, of others the derivative.
///
/// A kernel of a step that `hasReLU` has passed that itself; other functions are applied here, in place, while the value is in the caches.
struct StepEndings: Sendable {
  private enum Ending {
    case nothing
    /// The value is greater than 0, or is not.
    case rectified
    case clipped(lowest: Float, highest: Float)
    case leaky(slope: Float)
    case smooth(ElementFunction)

    init(_ step: Program.Step) {
      self =
        switch step.activation {
        case nil: step.isRectified ? .rectified : .nothing
        case .clip(let lowest, let highest): .clipped(lowest: lowest, highest: highest)
        case .leakyReLU(let slope): .leaky(slope: slope)
        case .some(let activation): .smooth(ElementFunction(activation))
        }
    }

    var hasBits: Bool {
      switch self {
      case .nothing, .smooth: false
      case .rectified, .clipped, .leaky: true
      }
    }

    var hasSlopes: Bool { if case .smooth = self { true } else { false } }
  }

  /// By step.
  private let endings: [Ending]
  private let bits: AlignedBuffer
  private let slopes: AlignedBuffer
  /// By step, in bytes of `bits` or floats of `slopes`; nil where no gradient passes.
  private let offsets: [Int?]

  /// Of memory.
  var floatCount: Int { bits.count + slopes.count }

  /// - Parameters:
  ///   - counts: floats of each step's value.
  ///   - needed: which steps' gradients are passed on.
  init(_ program: Program, counts: [Int], needed: [Bool]) throws(Problem) {
    endings = program.steps.map(Ending.init)
    let (offsets, bytes, floats) = Self.places(endings, counts: counts, needed: needed)
    self.offsets = offsets
    bits = try AlignedBuffer(count: (bytes + 3) / 4)
    slopes = try AlignedBuffer(count: floats)
  }

  /// Floats that those of an image take.
  static func floatCount(_ program: Program, counts: [Int], needed: [Bool]) -> Int {
    let (_, bytes, floats) = places(program.steps.map(Ending.init), counts: counts, needed: needed)
    return (bytes + 3) / 4 + floats
  }

  private static func places(
    _ endings: [Ending], counts: [Int], needed: [Bool]
  ) -> (offsets: [Int?], bytes: Int, floats: Int) {
    var (bytes, floats) = (0, 0)
    var offsets: [Int?] = []
    for (step, ending) in endings.enumerated() {
      if !needed[step] {
        offsets.append(nil)
      } else if ending.hasBits {
        offsets.append(bytes)
        bytes += (counts[step] + 7) / 8
      } else if ending.hasSlopes {
        offsets.append(floats)
        floats += counts[step].paddedToCacheLine
      } else {
        offsets.append(nil)
      }
    }
    return (offsets, bytes, floats)
  }

  /// Ends what a kernel has computed.
  func finish(_ value: LentFloats, of step: Int) {
    let count = value.count
    switch endings[step] {
    case .nothing: return
    case .rectified:
      guard offsets[step] != nil else { return }
      unsafe value.withPointer { value in
        unsafe withBits(of: step, count: count) {
          if let bits = unsafe $0 { unsafe crectifier_record(value, count, bits) }
        }
      }
    case .clipped(let lowest, let highest):
      unsafe value.withPointer { value in
        unsafe withBits(of: step, count: count) { unsafe crectifier_clip(value, count, lowest, highest, $0) }
      }
    case .leaky(let slope):
      unsafe value.withPointer { value in
        unsafe withBits(of: step, count: count) { unsafe crectifier_leak(value, count, slope, $0) }
      }
    case .smooth(let function):
      if let offset = offsets[step] {
        function.apply(to: value, derivative: slopes.floats.part(offset..<offset + count))
      } else {
        function.apply(to: value, derivative: nil)
      }
    }
  }

  /// The backward pass of the step's end, if it has one.
  func pass(_ gradient: LentFloats, of step: Int) {
    guard let offset = offsets[step] else { return }
    let count = gradient.count
    switch endings[step] {
    case .nothing: return
    case .rectified, .clipped:
      unsafe gradient.withPointer { gradient in
        unsafe withBits(of: step, count: count) {
          if let bits = unsafe $0 { unsafe crectifier_mask(gradient, count, bits) }
        }
      }
    case .leaky(let slope):
      unsafe gradient.withPointer { gradient in
        unsafe withBits(of: step, count: count) {
          if let bits = unsafe $0 { unsafe crectifier_mask_leak(gradient, count, slope, bits) }
        }
      }
    case .smooth: Elementwise.multiply(gradient, by: slopes.floats.part(offset..<offset + count))
    }
  }

  /// - Parameter body: takes where a bit for each of so many elements lies; nil where none is kept.
  private func withBits(of step: Int, count: Int, _ body: (UnsafeMutablePointer<UInt8>?) -> Void) {
    guard let offset = offsets[step] else { return unsafe body(nil) }
    precondition(offset + (count + 7) / 8 <= 4 * bits.count, "no room for \(count) bits")
    unsafe bits.floats.withPointer {
      unsafe body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self) + offset)
    }
  }
}

extension Program.Step {
  /// Whether a ReLU is the last thing that makes the value.
  var isRectified: Bool {
    if case .relu = kind { return true }
    return hasReLU
  }
}
