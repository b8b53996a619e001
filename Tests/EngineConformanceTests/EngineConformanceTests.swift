import EngineConformance
import Engines
import Graphs
import Testing

/// Every registered engine passes the one suite.
@Suite struct EngineConformanceTests {
  @Test(arguments: EngineKind.allCases, ConformanceCase.all)
  func conforms(_ kind: EngineKind, _ conformance: ConformanceCase) throws {
    let findings = try conformance.run(on: kind.makeEngine())
    #expect(findings.isEmpty, "\(kind.name), \(conformance):\n\(findings.joined(separator: "\n"))")
  }

  @Test func enginesAreKnownByName() throws {
    #expect(EngineKind.allCases.map(\.name) == ["onednn", "openblas"])
    #expect(EngineKind(rawValue: "openblas") == .openblas)
    #expect(EngineKind(rawValue: "cudnn") == nil)
    for kind in EngineKind.allCases {
      let engine = try kind.makeEngine()
      #expect(engine.name == kind.name)
      #expect(kind.made(version: engine.version))
      #expect(try !kind.instructionSet().isEmpty)
    }
  }
}
