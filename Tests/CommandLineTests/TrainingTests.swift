import Foundation
import Testing

@Suite struct TrainingTests {
  /// Of two faces of each person one is for testing and one for training.
  @Test func imagesThatANetworkWasTrainedOnAreWarnedOf() throws {
    let workspace = try Workspace().prepared()
    func errors(_ settings: String...) throws -> String {
      try workspace.call(["run", "small.yaml", "--dry-run"] + settings.flatMap { ["--set", $0] }).errors
    }
    #expect(try !errors().contains("trained on"))
    #expect(
      try errors("models[0].trained-split-seed=5").contains(
        """
        3 of 6 images are among those that VGG16 was trained on, the training part of `split-seed: 5`
          What a network does on images that it was fitted to says little of others: write `split: test` and `split-seed: 5` \
        under `data`.
        """))
    #expect(
      try errors("models[0].trained-split-seed=5", "models[1].trained-split-seed=5").contains(
        "that VGG16 and ResNet50 were trained on"))
    // The seed of the experiment is that of the split where nothing else is said.
    #expect(try !errors("models[0].trained-split-seed=5", "data.split=test").contains("trained on"))
    let other = try errors("models[0].trained-split-seed=5", "data.split=test", "data.split-seed=7")
    let all = try errors("models[0].trained-split-seed=5", "data.split=train")
    #expect(other.contains("of 3 images are among those that VGG16 was trained on"))
    #expect(all.contains("3 of 3 images are among those that VGG16 was trained on"))
  }
}
