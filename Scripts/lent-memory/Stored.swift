// Places that outlast a loan, where lent memory cannot even be put: see Scripts/check-lent-memory.sh.
import Graphs
import Tensors

final class Holder {
  var maps: FeatureMaps?  // expected-error 2 {{~Escapable}}
}

struct Evidence {  // expected-note {{Escapable}}
  let evidence: LentEvidence  // expected-error 2 {{Escapable}}
}

/// What arrays, dictionaries and `Any` ask of a value.
func put<Value>(_ value: Value) {}  // expected-note * {{}}

func putAway(_ maps: FeatureMaps, _ floats: LentFloats, _ parts: LentParts, _ memory: KernelMemory) {
  put(maps)  // expected-error {{Escapable}}
  put(floats)  // expected-error {{Escapable}}
  put(parts)  // expected-error {{Escapable}}
  put(memory)  // expected-error {{Escapable}}
}

/// Without a word on how long it lasts.
func handedOn(_ floats: LentFloats) -> LentFloats { floats }  // expected-error {{~Escapable}}
