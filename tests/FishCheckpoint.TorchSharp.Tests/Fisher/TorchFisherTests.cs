using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Fisher;

public sealed class TorchFisherTests
{
    private const int Examples = 12;

    public static TheoryData<FisherKind, FisherPower, bool> Cases =>
        new MatrixTheoryData<FisherKind, FisherPower, bool>(Enum.GetValues<FisherKind>(), Enum.GetValues<FisherPower>(), [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Estimate_BesideThePlainSums_GivesThem(FisherKind kind, FisherPower power, bool onDevice)
    {
        using var net = Classifier.Seeded(4);
        using var model = new TorchModel(net);
        var options = new FisherOptions { Kind = kind, Power = power, Examples = [.. Enumerable.Range(0, Examples)], Seed = 3 };
        var fisher = TorchFisher.Estimate(model, Examples, Logits(net), LabelOf, options, onDevice, TestContext.Current.CancellationToken);

        Assert.Equal(power, fisher.Power);
        foreach (var (tensor, info) in model.Layout.Tensors.Index())
        {
            var plain = Plain(net, info.Name, options);
            if (plain is null)
            {
                Assert.True(fisher.Scores(tensor).IsEmpty, info.Name);
                continue;
            }

            foreach (var (expected, actual) in plain.Zip(fisher.Scores(tensor).ToArray()))
            {
                Assert.True(
                    Math.Abs(expected - actual) <= (1e-4 * expected) + 1e-9, $"{info.Name}: {expected} is expected, {actual} is given.");
            }
        }
    }

    [Fact]
    public void Estimate_Twice_GivesTheSameBits()
    {
        using var net = Classifier.Seeded(4);
        using var model = new TorchModel(net);
        float[] Sums() => Estimate(model, Logits(net), LabelOf, new FisherOptions { Kind = FisherKind.Sampled }).Scores(0).ToArray();
        Assert.Equal(Sums(), Sums());
    }

    [Fact]
    public void Estimate_LeavesModesGradientsAndStatisticsAsTheyWere()
    {
        using var net = Classifier.Seeded(4);
        using var model = new TorchModel(net);
        net.train();
        var norm = net.named_modules().Single(pair => pair.name == "norm").module;
        norm.eval();
        net.get_parameter("first.weight")!.grad = torch.full_like(net.get_parameter("first.weight")!, 3);
        var before = Bits.Of(net);
        Estimate(model, Logits(net), LabelOf);

        Assert.Equal(before, Bits.Of(net));
        Assert.True(net.training);
        Assert.False(norm.training);
        Assert.All(net.get_parameter("first.weight")!.grad!.data<float>().ToArray(), value => Assert.Equal(3f, value));
        Assert.True(net.get_parameter("second.weight")!.grad is null);
    }

    [Fact]
    public void Estimate_FrozenParameter_HasNoScores()
    {
        using var net = Classifier.Seeded(4);
        net.get_parameter("first.weight")!.requires_grad = false;
        using var model = new TorchModel(net);
        var fisher = Estimate(model, Logits(net), LabelOf);
        Assert.True(fisher.Scores(0).IsEmpty);
        Assert.Equal(16 + 16 + 16 + 48 + 3, MaskBudget.Compute(model.Layout, model.Rule(1)).Trainable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Estimate_TiedParameters_AddsTheirGradientsBeforeItSquares(bool oneObject)
    {
        using var net = new TiedNet(oneObject);
        using var model = new TorchModel(net);
        using var input = torch.tensor(new long[] { 2 });
        var fisher = Estimate(model, _ => net.call(input), _ => 1, new FisherOptions { Samples = 1 });

        using var once = new TiedNet(true);
        new TorchModel(once).Write(0, 0, Bits.Of(net.Embedding));
        torch.nn.functional.cross_entropy(once.call(input), torch.tensor(new long[] { 1 })).backward();
        var expected = once.Output.grad!.square().data<float>().ToArray();
        foreach (var (left, right) in expected.Zip(fisher.Scores(0).ToArray()))
        {
            Assert.Equal(left, right, 1e-6);
        }
    }

    [Fact]
    public void Estimate_BadInput_IsRefused()
    {
        using var net = Classifier.Seeded(4);
        using var model = new TorchModel(net);
        void Refused(Action action) => Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(action).Code);

        Refused(() => Estimate(model, Logits(net)));
        Refused(() => Estimate(model, Logits(net), _ => Classifier.Labels));
        Refused(() => Estimate(model, _ => net.call(Loop.Inputs), LabelOf));
        Refused(() => Estimate(model, _ => net.call(Loop.Inputs).sum(), LabelOf));
        Assert.True(net.training);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Estimate_ManyTimes_LeavesNoTensors(bool onDevice)
    {
        using var net = Classifier.Seeded(4);
        using var model = new TorchModel(net);
        var logits = Logits(net);
        TensorCount.AssertStable(20, () => TorchFisher.Estimate(
            model, Examples, logits, LabelOf, new FisherOptions { Kind = FisherKind.Expected, Samples = 3 }, onDevice,
            TestContext.Current.CancellationToken));
    }

    private static FisherInformation Estimate(
        TorchModel model, Func<int, torch.Tensor> logits, Func<int, int>? labelOf = null, FisherOptions? options = null) =>
        TorchFisher.Estimate(model, Examples, logits, labelOf, options, TestContext.Current.CancellationToken);

    private static int LabelOf(int example) => (example * 7) % Classifier.Labels;

    private static Func<int, torch.Tensor> Logits(Classifier net) => example =>
    {
        using var row = Loop.Inputs.narrow(0, example, 1);
        return net.call(row);
    };

    // One backward pass for each example and label, summed up in double.
    private static double[]? Plain(Classifier net, string name, FisherOptions options)
    {
        if (net.get_parameter(name) is not { } parameter)
        {
            return null;
        }

        var sums = new double[parameter.numel()];
        var random = new SeededRandom(options.Seed);
        net.eval();
        foreach (var example in options.Examples!)
        {
            using var scope = torch.NewDisposeScope();
            var probabilities = torch.nn.functional.softmax(Logits(net)(example), 1).data<float>().ToArray();
            var drawn = Draw(probabilities, options.Kind == FisherKind.Sampled ? random.NextDouble() : 0);
            for (var label = 0; label < Classifier.Labels; label++)
            {
                var weight = options.Kind switch
                {
                    FisherKind.Empirical => label == LabelOf(example) ? 1 : 0,
                    FisherKind.Sampled => label == drawn ? 1 : 0,
                    _ => probabilities[label],
                };
                if (weight > 0)
                {
                    net.zero_grad();
                    torch.nn.functional.cross_entropy(Logits(net)(example), torch.tensor(new[] { (long)label })).backward();
                    Add(sums, parameter.grad!.contiguous().data<float>().ToArray(), weight, options.Power);
                }
            }
        }

        net.zero_grad();
        net.train();
        return sums;
    }

    private static int Draw(float[] probabilities, double drawn)
    {
        var left = drawn * probabilities.Sum(probability => (double)probability);
        return Array.FindIndex(probabilities, probability => (left -= probability) < 0);
    }

    private static void Add(double[] sums, float[] gradient, double weight, FisherPower power)
    {
        for (var index = 0; index < sums.Length; index++)
        {
            sums[index] += weight * (power == FisherPower.Square ? (double)gradient[index] * gradient[index] : Math.Abs(gradient[index]));
        }
    }
}
