/// The Float32 of an IEEE 754 binary16; exact, infinities and NaN included.
///
/// By integer arithmetic and selects instead of `Float16`, which without the F16C instructions is a function
/// call per element: this way a loop over it becomes vector code on any processor.
@inline(__always)
package func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let magnitude = UInt32(half & 0x7fff) << 13
  let exponent = half & 0x7c00
  // The exponent's bias grows from 15 to 127; the all-ones exponent becomes all ones again.
  let rebiased = magnitude &+ (exponent == 0x7c00 ? 224 << 23 : 112 << 23)
  // A subnormal has no hidden one: give it one, and take it away by an exact subtraction.
  let hiddenOne = Float(bitPattern: 113 << 23)
  let subnormal = (Float(bitPattern: magnitude &+ (113 << 23)) - hiddenOne).bitPattern
  return Float(bitPattern: sign | (exponent == 0 ? subnormal : rebiased))
}

/// The Float32 of a bfloat16, which is a Float32's upper half.
@inline(__always)
package func floatFromBFloat16(_ half: UInt16) -> Float { Float(bitPattern: UInt32(half) << 16) }

/// The nearest bfloat16, ties to even; NaN stays NaN.
func bfloat16(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(bits >> 16) | 0x40 }
  return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
}
