import Architectures
import Datasets
import ExperimentFile
import Support
import Testing

@Suite struct SkeletonTests {
  private func skeleton(_ source: String) throws -> String {
    ExperimentSkeleton(
      title: "A \"new\" one", source: try #require(dataSources[source]), architectures: [.vgg16, .xception]
    ).text
  }

  private func read(_ text: String) throws -> Experiment {
    try ExperimentFile(
      text: text, path: "/nowhere/new.yaml", environment: ["VGGFACE2": "/data/vggface2"]
    ).experiment
  }

  @Test(arguments: dataSources.keys) func isRead(_ source: String) throws {
    let experiment = try read(try skeleton(source))
    #expect(experiment.title == "A \"new\" one")
    #expect(type(of: experiment.data.source).key == source)
    #expect(experiment.models.map(\.architecture) == [.vgg16, .xception])
    #expect(experiment.attacks[0].levels == [0.01, 0.02, 0.05, 0.1])
  }

  /// Every key that is commented out is one that the reader knows, and the value beside it is the default.
  @Test(arguments: dataSources.keys) func whatIsCommentedOutIsTheDefault(
    _ source: String
  ) throws {
    // Their comments say that they have no default.
    let withoutDefault = [
      "classes", "list", "limit", "root", "name", "authors", "state", "variant", "size", "mean", "std", "channels",
      "range", "resize", "training", "trained-split-seed",
    ]
    var lines: [String] = []
    var everything: [String] = []
    for line in try skeleton(source).split(separator: "\n", omittingEmptySubsequences: false) {
      guard let option = line.firstMatch(of: /^( *)# ( *)([a-z-]+):( .*)?$/) else {
        lines.append(String(line))
        everything.append(String(line))
        continue
      }
      let switchedOn = "\(option.1)\(option.2)\(option.3):\(option.4 ?? "")"
      everything.append(switchedOn)
      lines.append(withoutDefault.contains(String(option.3)) ? String(line) : switchedOn)
    }
    #expect(lines.count(where: { !$0.contains("#") }) > 0)
    #expect(try read(lines.joined(separator: "\n")) == read(try skeleton(source)))
    let all = try read(everything.joined(separator: "\n"))
    #expect(all.data.limit == 100)
    #expect(all.report.authors == ["A. One"])
    #expect(all.models.first?.name == "vgg16")
    #expect(all.models.first?.state == "ema")
  }
}
