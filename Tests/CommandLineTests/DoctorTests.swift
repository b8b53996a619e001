import Foundation
import Testing

/// Wrong results of an engine are found by the golden, whatever the other engine says.
@Suite struct DoctorTests {
  private static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/CResources/Files/engine-golden.json")

  @Test func bothEnginesHoldToTheGoldenInTheProgram() throws {
    let answer = try Workspace().call("doctor")
    let lines = answer.output.split(separator: "\n").map(String.init)
    for engine in ["onednn", "openblas"] {
      let line = try #require(lines.first { $0.hasPrefix("ok       golden of \(engine): ") }, "\(answer.output)")
      let pattern = try Regex(
        #"^ok       golden of \w+: relative difference from PyTorch [0-9.]+: (\S+) of logits, "#
          + #"(\S+) of the input gradient, (\S+) of the raw map$"#)
      let found = try #require(line.wholeMatch(of: pattern), "\(line)")
      // Float32 keeps seven digits; the bounds of the protocol are far above.
      for index in 1...3 {
        let difference = try #require(found.output[index].substring.flatMap { Double($0) })
        #expect(difference > 0 && difference < 2e-6)
      }
    }
    #expect(lines.contains { $0.hasPrefix("ok       engines agree: ") })
    // Whether templates are found depends on where the tests were built.
    #expect(lines.filter { $0.hasPrefix("FAILED") && !$0.hasPrefix("FAILED   template") }.isEmpty, "\(answer.output)")
  }

  @Test func resultsThatAreNotTheGoldensAreReported() throws {
    let workspace = try Workspace()
    var text = String(decoding: try Data(contentsOf: Self.golden), as: UTF8.self)
    // Twice what PyTorch computed: a relative difference of one half.
    for found in text.matches(of: try Regex(#""([A-Za-z0-9+/=]{40,})""#)).reversed() {
      let base64 = try #require(found.output[1].substring)
      let data = try #require(Data(base64Encoded: String(base64)))
      let doubled = data.withUnsafeBytes { bytes in
        (0..<data.count / 4).flatMap { index -> [UInt8] in
          let value = Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
          return withUnsafeBytes(of: (2 * value).bitPattern.littleEndian) { Array($0) }
        }
      }
      text.replaceSubrange(found.range, with: "\"\(Data(doubled).base64EncodedString())\"")
    }
    try workspace.write(text, to: "golden.json")
    let answer = try workspace.call("doctor", "--golden", "golden.json")
    #expect(answer.code == 1)
    let reference = try #require(text.firstMatch(of: try Regex(#"PyTorch [0-9.]+"#)).map { String(text[$0.range]) })
    let lines = answer.output.split(separator: "\n").map(String.init)
    func version(_ engine: String) throws -> String {
      let start = "ok       engine \(engine): "
      return String(try #require(lines.first { $0.hasPrefix(start) }).dropFirst(start.count))
    }
    func failure(_ engine: String) throws -> String {
      "FAILED   golden of \(engine): \(try version(engine)) computes wrong results on this processor: against "
        + "\(reference) the relative difference is 5.0e-1 of logits (at most 0.0001), 5.0e-1 of the input gradient "
        + "(at most 0.001), 5.0e-1 of the raw map (at most 0.001)"
    }
    let onednn = try #require(lines.firstIndex(of: failure("onednn")), "\(answer.output)")
    #expect(
      lines[onednn + 1]
        == "           The library is libdnnl. Try again with DNNL_MAX_CPU_ISA=AVX2 in the environment "
        + "(ONEDNN_MAX_CPU_ISA from oneDNN 3 on), or install another version of it; until it passes, give "
        + "`--engine openblas` to run.")
    let openblas = try #require(lines.firstIndex(of: failure("openblas")), "\(answer.output)")
    #expect(
      lines[openblas + 1]
        == "           The library is libopenblas. Try again with OPENBLAS_CORETYPE=Haswell in the environment (ARMV8 "
        + "on ARM), or install another version of it; until it passes, do not give `--engine openblas` to run.")
  }

  @Test(arguments: [
    ("{}", "golden.json: this is no golden of the engines", "`Scripts/goldens/engine.py` makes one."),
    (nil, "the golden cannot be read", "Check the path and its permissions."),
  ])
  func aGoldenThatIsNoneIsReported(text: String?, message: String, remedy: String) throws {
    let workspace = try Workspace()
    if let text { try workspace.write(text, to: "golden.json") }
    let answer = try workspace.call("doctor", "--golden", "golden.json")
    #expect(answer.code == 1)
    let lines = answer.output.split(separator: "\n").map(String.init)
    let line = try #require(lines.firstIndex { $0.hasPrefix("FAILED   golden of onednn: ") })
    #expect(lines[line].hasSuffix(message.replacing("golden.json: ", with: "")), "\(lines[line])")
    #expect(lines[line + 1] == "           \(remedy)")
  }
}
