using FishCheckpoint.Deltas;
using FishCheckpoint.Demo;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Demo;

public sealed class DemoTrainerTests
{
    private static readonly DemoSettings Short = new() { PretrainEpochs = 2, Epochs = 1, FisherSamples = 32 };
    private static readonly Digits Images = Digits.Load();

    [Fact]
    public void Train_SameSettings_GivesTheSameBits()
    {
        var (first, second) = (new DemoTrainer(Images, Short).PrepareBase(), new DemoTrainer(Images, Short).PrepareBase());

        Assert.Equal(Train(first), Train(second));
        Assert.Equal(first.Model.Parameters, second.Model.Parameters);
    }

    [Fact]
    public void Prepare_EveryKind_KeepsTheBudgetAndTheWholeHead()
    {
        var trainer = new DemoTrainer(Images, Short);
        var trainedBase = trainer.PrepareBase().Model;

        foreach (var task in DemoTasks.All)
        {
            var (fish, random) =
                (trainer.Prepare(trainedBase, task, DemoMask.Fish, 0.005), trainer.Prepare(trainedBase, task, DemoMask.Random, 0.005));
            var head = fish.Model.Layout.Tensors.Count - 2;

            Assert.Equal((long)(fish.Model.Layout.Elements * 0.005m), fish.Mask.Count);
            Assert.Equal(fish.Mask.Count, random.Mask.Count);
            Assert.NotEqual(fish.Mask.Id, random.Mask.Id);
            Assert.Equal(
                task.Classes * 65, fish.Mask.Tensors.Where(tensor => tensor.Tensor >= head).Sum(tensor => tensor.Positions.Length));
            Assert.Equal($"{task.Name}-fish-0.5", fish.Name);
        }
    }

    [Fact]
    public void Prepare_OddEven_DeclaresItsOwnHead()
    {
        var task = DemoTasks.All.Single(candidate => candidate.Classes == 2);

        var own = task.Spec("digits").Tensors!;

        Assert.Equal([2L, 64L], own["head.weight"]!.Shape);
        Assert.Equal([2L], own["head.bias"]!.Shape);
        Assert.Null(DemoTasks.All[0].Spec("digits").Tensors);
    }

    [Fact]
    public void Train_Run_ReportsEachStepAndLeavesTheBaseAlone()
    {
        var trainer = new DemoTrainer(Images, Short);
        var trainedBase = trainer.PrepareBase().Model;
        var before = trainedBase.Clone();
        var run = trainer.Prepare(trainedBase, DemoTasks.All[0], DemoMask.Fish, 0.005);
        var steps = new List<long>();

        var accuracy = run.Train((step, loss) =>
        {
            steps.Add(step);
            Assert.True(double.IsFinite(loss));
        }, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(1, run.Steps).Select(step => (long)step), steps);
        Assert.Equal(before.Parameters, trainedBase.Parameters);
        Assert.True(accuracy > trainer.AccuracyBefore(trainedBase, DemoTasks.All[0]));
    }

    [Theory]
    [InlineData("mirrored")]
    [InlineData("odd-even")]
    public void Train_Run_MaskedValuesAppliedToTheBaseAreTheModel(string name)
    {
        var trainer = new DemoTrainer(Images, Short);
        var trainedBase = trainer.PrepareBase().Model;
        var run = trainer.Prepare(trainedBase, DemoTasks.All.Single(task => task.Name == name), DemoMask.Fish, 0.005);
        Train(run);

        // A task's own tensors start as zeros in the store, whatever the trainer drew: the mask has to hold all of them.
        var restored = run.Model.Layout.Tensors.Select((tensor, index) =>
            tensor.Equals(trainedBase.Layout.Tensors[index]) ? trainedBase.BytesOf(index).ToArray() : new byte[tensor.Bytes]).ToArray();
        var delta = MaskedState.Gather(run.Mask, tensor => run.Model.BytesOf(tensor));
        foreach (var (tensor, values) in run.Mask.Tensors.Zip(delta.Values))
        {
            Units.Scatter(restored[tensor.Tensor], tensor.Positions.Span, 0, sizeof(float), values.Span);
        }

        Assert.All(restored.Index(), entry => Assert.True(run.Model.BytesOf(entry.Index).SequenceEqual(entry.Item)));
    }

    [Fact]
    public void Train_Cancelled_Ends()
    {
        var run = new DemoTrainer(Images, Short).PrepareBase();
        using var source = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => run.Train((_, _) => source.Cancel(), source.Token));
    }

    [Fact]
    public void Write_Model_ComesBackBitForBit()
    {
        var model = Mlp.Create(DemoTasks.BaseWidths, seed: 1);
        model.Parameters[0][0] = -0f;
        model.Parameters[0][1] = BitConverter.Int32BitsToSingle(0x7FC01234);
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            ModelExport.Write(model, path);
            var read = ModelExport.Read(path, DemoTasks.BaseWidths);

            Assert.All(
                Enumerable.Range(0, model.Parameters.Length),
                tensor => Assert.True(model.BytesOf(tensor).SequenceEqual(read.BytesOf(tensor))));
            Assert.Throws<InvalidDataException>(() => ModelExport.Read(path, [64, 512, 512, 64, 2]));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double Train(DemoRun run) => run.Train(cancellation: TestContext.Current.CancellationToken);
}
