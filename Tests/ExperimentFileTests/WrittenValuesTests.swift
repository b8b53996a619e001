import Attacks
import Datasets
import ExperimentFile
import Foundation
import GoldenSupport
import Images
import Measures
import Results
import Support
import Testing

/// Values of an experiment file in the forms in which people write them.
@Suite struct WrittenValuesTests {
  private func read(
    attack: String = "{epsilons: [0.1]}", rest: String = "", weights: String = "a.pth",
    environment: [String: String] = [:]
  ) throws -> ExperimentFile {
    try ExperimentFile(
      text: """
        title: t
        data: {source: folder, root: faces}
        models: [{architecture: vgg16, weights: \(weights)}]
        attack: \(attack)
        \(rest)

        """, path: "small.yaml", environment: environment)
  }

  static let levels: [(written: String, values: [Double])] = [
    ("[8/255, 2/255]", [eighth / 4, eighth]), ("[\"8/255\", '0.05']", [eighth, 0.05]), ("8/255", [eighth]),
    ("[1 / 2]", [0.5]), ("[\u{A0}0.02]", [0.02]), ("[.5, 1.0]", [0.5, 1.0]), ("[1e-3]", [0.001]),
  ]
  private static let eighth: Double = 8 / 255

  @Test(arguments: levels)
  func levelsAreNumbersOrFractions(_ level: (written: String, values: [Double])) throws {
    #expect(try read(attack: "{epsilons: \(level.written)}").experiment.attacks[0].levels == level.values)
  }

  @Test func zeroIsTheControlAndSaidSo() throws {
    let file = try read(attack: "{epsilons: [0, 0.1, 0.0]}")
    #expect(file.experiment.attacks[0].levels == [0.1])
    #expect(
      file.notes == [
        "The experiment lists the attack level 0, which is the control and is measured without being listed."
      ])
    #expect(
      try read(attack: "{epsilons: [0, 0.1]}", rest: "control: none").notes == [
        "The experiment lists the attack level 0, which is the control, and leaves it out by `control: none`."
      ])
    #expect(try read().notes == [])
  }

  @Test func quotedNumbersAndWordsForTrue() throws {
    let file = try read(rest: "seed: \"7\"\ninput: {mean: [\"0.5\", 127.5/255, 0.5]}\nreport: {anonymous: Yes}")
    #expect(file.experiment.seed == 7)
    #expect(file.experiment.models[0].input.normalisation.mean == [0.5, 0.5, 0.5])
    #expect(file.experiment.report.isAnonymous)
    #expect(!(try read(rest: "report: {anonymous: off}").experiment.report.isAnonymous))
  }

  @Test func variablesStandInBraces() throws {
    let environment = ["W": "/srv/weights", "HOME": "/home/anna"]
    #expect(
      try read(weights: "${W}/a.pth", environment: environment).experiment.models[0].weights.resolved
        == "/srv/weights/a.pth")
    let file = try read(weights: "\"${W}/$${W}.pth\"", environment: environment)
    #expect(file.experiment.models[0].weights.resolved == "/srv/weights/${W}.pth")
    #expect(file.experiment.models[0].weights.written == "${W}/$${W}.pth")
    #expect(
      try read(weights: "~/a.pth", environment: environment).experiment.models[0].weights.resolved == "/home/anna/a.pth"
    )
    // Columns behind it are those of the file.
    #expect {
      try ExperimentFile(text: "title: {a: ${W}/x, b: ]}", path: "e.yaml")
    } throws: { "\($0)".hasPrefix("e.yaml:1:23: not valid YAML") }
  }

  @Test func mappingsAreMerged() throws {
    let text = """
      title: t
      data: {source: folder, root: faces}
      models:
        - &one {architecture: vgg16, name: One, weights: a.pth, width: 0.5}
        - {<<: *one, name: Two, weights: b.pth}
      attack: {epsilons: [0.1]}
      """
    let models = try ExperimentFile(text: text, path: "e.yaml").experiment.models
    #expect(models.map(\.name) == ["One", "Two"])
    #expect(models.map(\.width) == [0.5, 0.5])
    #expect(models.map(\.weights.written) == ["a.pth", "b.pth"])
  }

  @Test func otherEncodingsAndLineEnds() throws {
    let folder = try TestFolder()
    let text =
      "title: Zoë\r\ndata: {source: folder, root: faces}\r\nmodels: [{architecture: vgg16, weights: a}]\r\n"
      + "attack: {epsilons: [0.1]}\r\n"
    let wide = try #require(text.data(using: .utf16LittleEndian))
    try folder.write([0xFF, 0xFE] + Array(wide), to: "wide.yaml")
    #expect(try ExperimentFile(path: folder.path + "/wide.yaml").experiment.title == "Zoë")
    try folder.write([0xEF, 0xBB, 0xBF] + Array(text.utf8), to: "marked.yaml")
    #expect(try ExperimentFile(path: folder.path + "/marked.yaml").experiment.title == "Zoë")
    try folder.write(Array(try #require(text.data(using: .utf16BigEndian))), to: "unmarked.yaml")
    #expect(try ExperimentFile(path: folder.path + "/unmarked.yaml").experiment.title == "Zoë")
    try folder.write(text.replacing("\r\n", with: "\r"), to: "mac.yaml")
    #expect(try ExperimentFile(path: folder.path + "/mac.yaml").experiment.title == "Zoë")
    try folder.write(Array("title: a\ntext: Zo".utf8) + [0xEB], to: "latin.yaml")
    #expect { try ExperimentFile(path: folder.path + "/latin.yaml") } throws: {
      "\($0)"
        == "\(folder.path)/latin.yaml:2: the line is not UTF-8: `text: Zo\\xEB`\n"
        + "  Save the file in UTF-8. In Latin-1 it says `text: Zoë`."
    }
  }

  @Test func fractionsStayFractions() throws {
    let experiment = try read(attack: "{epsilons: [8/255, 0.02, 1/3]}").experiment
    #expect(experiment.attacks[0].levels == [0.02, 8.0 / 255, 1.0 / 3])
    #expect(experiment.canonicalText().contains("  epsilons: [0.02, 8/255, 1/3]\n"))
    #expect(experiment.optionRecords.contains { $0.key == "attack.epsilons" && $0.value == "0.02, 8/255, 1/3" })
  }

  /// Even where its decimal is short, or a smaller fraction is the same number.
  @Test func fractionsAreWrittenAsTheyWereRead() throws {
    let experiment = try read(attack: "{epsilons: [8/256, \"51 / 255\", 4/6, 2/255, 0.10]}").experiment
    #expect(experiment.attacks[0].levels == [2.0 / 255, 0.03125, 0.1, 0.2, 2.0 / 3])
    #expect(experiment.attacks[0].fractions == [0.03125: "8/256", 0.2: "51/255", 2.0 / 3: "4/6"])
    #expect(experiment.canonicalText().contains("  epsilons: [2/255, 8/256, 0.1, 51/255, 4/6]\n"))
    #expect(try ExperimentFile(text: experiment.canonicalText(), path: "e.yaml").experiment == experiment)
    #expect(experiment.optionRecords.contains { $0.value == "2/255, 8/256, 0.1, 51/255, 4/6" })
    let stored = try JSONDecoder().decode(Experiment.self, from: JSONEncoder().encode(experiment))
    #expect(stored == experiment)
    // Records of versions that did not keep it; what is printed by itself as it was written is not kept now.
    let former = Data(#"{"method":"fgsm","epsilons":[0.03125],"options":{}}"#.utf8)
    #expect(try JSONDecoder().decode(AttackSetting.self, from: former).fractions == [:])
    #expect(try read(attack: "{epsilons: [8/255]}").experiment.attacks[0].fractions == [:])
  }

  @Test func attacksShareTheSpellingOfALevel() throws {
    func attacks(_ second: String) throws -> [AttackSetting] {
      try ExperimentFile(
        text: """
          title: t
          data: {source: folder, root: faces}
          models: [{architecture: vgg16, weights: a}]
          attacks:
            - {method: fgsm, epsilons: [8/256, 0.1]}
            - {method: noise, epsilons: \(second)}
          """, path: "e.yaml"
      ).experiment.attacks
    }
    #expect(try attacks("[8/256, .10]").map(\.levels) == [[0.03125, 0.1], [0.03125, 0.1]])
    for (written, own) in [("[0.03125]", "0.03125"), ("[0.031250001]", "0.031250001"), ("[1/32]", "1/32")] {
      let problem = #expect(throws: Problem.self) { try attacks(written) }
      #expect(
        problem?.description
          == "e.yaml:6:31: `noise` has the level `\(own)` and `fgsm` has `8/256`, which are one number\n"
          + "  Write it in one way.")
    }
  }

  @Test func theControlIsASampleAllOrNone() throws {
    func control(_ written: String) throws -> Experiment { try read(rest: "control: \(written)").experiment }
    #expect(try read().experiment.control == .sample(100))
    for (written, size) in [("all", ControlSize.all), ("none", .none), ("\"7\"", .sample(7)), ("100", .sample(100))] {
      let experiment = try control(written)
      #expect(experiment.control == size)
      #expect(try ExperimentFile(text: experiment.canonicalText(), path: "e.yaml").experiment == experiment)
      #expect(try JSONDecoder().decode(Experiment.self, from: JSONEncoder().encode(experiment)) == experiment)
    }
    #expect(try control("7").canonicalText().contains("\ncontrol: 7\n"))
    #expect(!(try read().experiment.canonicalText().contains("control")))
    #expect(try control("7").optionRecords.contains { $0.key == "control" && $0.value == "7" })
    for written in ["0", "some", "-3", "1.5", "[1]"] {
      let problem = #expect(throws: Problem.self) { try control(written) }
      #expect(
        problem?.message.hasPrefix("`control` must be `all`, `none` or a whole number of at least 1, found ") == true)
    }
    // Versions before there was a choice ran it on every image.
    let json = try JSONEncoder().encode(try read().experiment)
    var record = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    record["control"] = nil
    let former = try JSONDecoder().decode(Experiment.self, from: JSONSerialization.data(withJSONObject: record))
    #expect(former.control == .all)
  }

  @Test func orientationIsAnOptionOfTheInput() throws {
    #expect(try read().experiment.models[0].input.orientation == .apply)
    let file = try read(rest: "input: {orientation: ignore}")
    #expect(file.experiment.models[0].input.orientation == .ignore)
    #expect(file.experiment.canonicalText().contains("      orientation: ignore\n"))
    #expect(file.experiment.optionRecords.contains { $0.key == "vgg16.input.orientation" && $0.value == "ignore" })
    // Records of versions that had no such option.
    let json = Data(#"{"fit":"squash","mean":[0,0,0],"resize":9,"size":8,"standardDeviation":[1,1,1]}"#.utf8)
    #expect(try JSONDecoder().decode(InputOptions.self, from: json).orientation == .apply)
  }

  @Test func linksAreFollowedWhereAsked() throws {
    let text =
      "title: t\ndata: {source: folder, root: f, follow-links: true}\n"
      + "models: [{architecture: vgg16, weights: a}]\nattack: {epsilons: [0.1]}\n"
    let experiment = try ExperimentFile(text: text, path: "e.yaml").experiment
    #expect((experiment.data.source as? FolderSource)?.followsLinks == true)
    #expect(experiment.canonicalText().contains("  follow-links: true\n"))
    #expect(try ExperimentFile(text: experiment.canonicalText(), path: "e.yaml").experiment == experiment)
    // A path of a stored run is not looked up again.
    let stored = Data(
      #"{"source":"vggface2","root":"${NOWHERE}/x","split":"test","splitSeed":1,"faces":{"subset":"test","align":"none"}}"#
        .utf8)
    let source = try JSONDecoder().decode(DataOptions.self, from: stored).source as? VGGFace2Source
    #expect(source?.root?.written == "${NOWHERE}/x")
    let older = Data(#"{"source":"folder","root":"f","split":"test","splitSeed":1}"#.utf8)
    #expect((try JSONDecoder().decode(DataOptions.self, from: older).source as? FolderSource)?.followsLinks == false)
  }
}
