// Ways to keep lent memory beyond its loan, and beside them what may be done: see Scripts/check-lent-memory.sh.
import Graphs
import Support
import Tensors
import Weights

/// Activations of an explained layer, which the session overwrites when it goes on.
func mapsOfALayer(_ session: any NetworkSession, _ score: Score) throws(Problem) -> LayerEvidence? {
  var kept: FeatureMaps?  // expected-error {{escapes its scope}}
  var copy: LayerEvidence?
  try session.explainLayers([score]) { _, evidence in  // expected-note {{lifetime}}
    copy = evidence.copy
    kept = evidence.activations
  }  // expected-note {{lifetime}}
  _ = kept
  return copy
}

/// A piece of a weights file, in whose place the next one is read.
func pieceOfAFile(_ weights: any NamedTensors) throws(Problem) -> [Float] {
  var kept = Span<Float>()  // expected-error {{escapes its scope}}
  var copy: [Float] = []
  try weights.forEachPiece(of: "fc.weight") { _, values in  // expected-note {{lifetime}}
    for index in values.indices { copy.append(values[index]) }
    kept = values
  }  // expected-note {{lifetime}}
  _ = kept
  return copy
}

/// Floats of a buffer that is given back.
func floatsOfABuffer() throws(Problem) -> Float {
  var kept: LentFloats  // expected-error {{escapes its scope}}
  do {
    let buffer = try AlignedBuffer(count: 4)  // expected-note {{lifetime}}
    kept = buffer.floats
  }
  return kept[0]  // expected-note {{lifetime}}
}

final class Closures {
  var later: [() -> Float] = []

  /// By a closure that is called when the loan is over.
  func keep(_ floats: LentFloats) {  // expected-error {{escapes its scope}} expected-note {{lifetime}}
    later.append { floats[0] }  // expected-note {{lifetime}}
  }
}
