using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using FishCheckpoint.TorchSharp.Tests.Optimizers;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Models;

/// <summary>However a tensor lies in memory, its values are those of the shape's order, and come back to where they were.</summary>
public sealed class StridedTests
{
    private static readonly torch.ScalarType[] Floats =
        [torch.ScalarType.Float32, torch.ScalarType.Float64, torch.ScalarType.Float16, torch.ScalarType.BFloat16];

    private static readonly CheckpointHookOptions EveryStep = new() { SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false };

    public static TheoryData<string, torch.ScalarType> WaysAndTypes => new MatrixTheoryData<string, torch.ScalarType>(Strided.Ways, Floats);

    public static TheoryData<string, string> WaysOfBoth => new MatrixTheoryData<string, string>(Strided.Ways, Strided.Ways);

    public static TheoryData<string> Ways => [.. Strided.Ways];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(WaysAndTypes))]
    public void SaveFile_AnyStrides_IsTheFileOfTheContiguousModule(string way, torch.ScalarType type)
    {
        using var plain = Strided.Module(Strided.Contiguous, 1, type);
        using var strided = Strided.Module(way, 1, type);
        Assert.Equal(way == Strided.Contiguous, strided.parameters().Single().is_contiguous());
        Assert.Equal(FileOf(plain), FileOf(strided));
    }

    [Theory]
    [MemberData(nameof(WaysAndTypes))]
    public void LoadFile_AnyStrides_FillsTheMemoryThereIs(string way, torch.ScalarType type)
    {
        using var source = Strided.Module(Strided.Contiguous, 2, type);
        using var target = Strided.Module(way, 1, type);
        using var before = target.parameters().Single().detach();
        Load(target, FileOf(source));

        Assert.Equal(Bits.Of(source), Bits.Of(target));
        Assert.Equal(Bits.Of(source), Bits.Of(before));
        Assert.Equal(before.stride(), target.parameters().Single().stride());
    }

    [Fact]
    public void LoadFile_Sliced_LeavesTheMemoryAroundIt()
    {
        using var memory = torch.full([5, 4, 8, 9], 7f);
        using var target = new Held([("w", Strided.Window(memory))]);
        using var source = Strided.Module(Strided.Contiguous, 2);
        using var expected = torch.full([5, 4, 8, 9], 7f);
        using var filled = Strided.Window(expected).copy_(Strided.Values(2));
        Load(target, FileOf(source));
        Assert.Equal(Bits.Of(expected), Bits.Of(memory));
    }

    [Theory]
    [MemberData(nameof(WaysAndTypes))]
    public async Task SaveAndResume_AnyStrides_GivesTheFileAndTheState(string way, torch.ScalarType type)
    {
        using var net = Strided.Module(way, 1, type);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        var (file, state) = await TrainAsync(net, resume: false);
        Assert.Equal(file, await temporary.RestoreAsync("task", 2));

        using var other = Strided.Module(way, 5, type);
        var resumed = await TrainAsync(other, resume: true);
        Assert.Equal(file, resumed.File);
        Assert.Equal(state, resumed.State);

        async Task<(byte[] File, byte[] State)> TrainAsync(Held module, bool resume)
        {
            using var model = new TorchModel(module);
            var mask = Bits.MaskOf(model, 0.4, 3);
            using var optimizer = TorchMaskedOptimizer.AdamW(model, mask);
            using var hook = TorchHook.Attach(temporary.Store, "task", model, optimizer, mask, new TorchHookOptions
            {
                Hook = EveryStep with { OnLeak = LeakPolicy.Fail, LeakCheckEverySaves = 1 },
            });
            if (resume)
            {
                Assert.True(hook.Resume()!.StateRestored);
            }

            for (var step = resume ? 3 : 1; step <= 2; step++)
            {
                Gradient(module, way, step, type);
                optimizer.step();
                hook.OnStep(step);
            }

            await hook.CompleteAsync(Stop);
            var kept = new TrainerState();
            optimizer.SaveTo(kept.Section("optimizer"));
            return (temporary.FileOf(model), Loop.BytesOf(kept));
        }
    }

    /// <summary>The gradient lies as the values do, or differently.</summary>
    [Theory]
    [MemberData(nameof(WaysOfBoth))]
    public void MaskedStep_AnyStrides_IsThatOfTheContiguousParameter(string way, string gradientWay)
    {
        var all = Floats.Select(type => (type, StepArithmetic.Torch)).Append((torch.ScalarType.Float32, StepArithmetic.Portable));
        foreach (var (type, arithmetic) in all)
        {
            foreach (var name in (string[])["sgd", "adamw"])
            {
                using var plain = Strided.Module(Strided.Contiguous, 1, type);
                using var strided = Strided.Module(way, 1, type);
                var expected = Step(plain, Strided.Contiguous, name, arithmetic, type);
                var actual = Step(strided, gradientWay, name, arithmetic, type);
                Assert.True(expected.SequenceEqual(actual), $"The state of {name} differs: {type}, {arithmetic}.");
                Bits.Same(plain, strided);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void MaskedStep_ExpandedGradient_IsThatOfTheContiguousOne(string way)
    {
        foreach (var arithmetic in (StepArithmetic[])[StepArithmetic.Portable, StepArithmetic.Torch])
        {
            foreach (var density in (double[])[0.4, 1])
            {
                using var plain = Strided.Module(Strided.Contiguous, 1);
                using var strided = Strided.Module(way, 1);
                using torch.Tensor full = torch.full(Strided.Shape, 0.5f), expanded = torch.full(1, 0.5f).expand(Strided.Shape);
                foreach (var (net, gradient) in ((Held, torch.Tensor)[])[(plain, full), (strided, expanded)])
                {
                    using var model = new TorchModel(net);
                    using var optimizer = DenseCase.Masked("sgd-momentum", model, Bits.MaskOf(model, density, 3), arithmetic);
                    net.parameters().Single().grad = gradient;
                    optimizer.step();
                    optimizer.step();
                }

                Bits.Same(plain, strided);
            }
        }
    }

    [Theory]
    [MemberData(nameof(WaysOfBoth))]
    public void MaskedGradients_AnyStrides_KeepThoseOfTheMask(string way, string gradientWay)
    {
        using var net = Strided.Module(way, 1);
        using var model = new TorchModel(net);
        using var gradients = new MaskedGradients(model);
        var mask = Bits.MaskOf(model, 0.4, 3);
        Gradient(net, gradientWay, 2, torch.ScalarType.Float32);
        var plain = Bits.Of(net.parameters().Single().grad!).Chunk(4).ToArray();
        gradients.Apply(mask);

        var kept = mask.Tensors.Single().Positions.ToArray().ToHashSet();
        var expected = plain.SelectMany((value, position) => kept.Contains(position) ? value : new byte[4]);
        Assert.Equal(expected, Bits.Of(net.parameters().Single().grad!));
    }

    [Fact]
    public void MaskedGradients_Expanded_KeepThoseOfTheMask()
    {
        using var net = new Held([("w", torch.zeros(2, 3)), ("v", torch.zeros(2, 3))]);
        using var model = new TorchModel(net);
        using var gradients = new MaskedGradients(model);
        net.get_parameter("w")!.grad = torch.ones(1, 3).expand(2, 3);
        net.get_parameter("v")!.grad = torch.ones(1, 3).expand(2, 3);
        gradients.Apply(Mask.Create(model.Layout, [new TensorMask(0, new long[] { 1, 3 })]));

        using var expected = torch.tensor(new float[] { 0, 1, 0, 1, 0, 0 });
        Assert.Equal(Bits.Of(expected), Bits.Of(net.get_parameter("w")!.grad!));
        Assert.Equal(new byte[24], Bits.Of(net.get_parameter("v")!.grad!));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task DenseState_AnyStrides_IsThatOfTheContiguousParameter(string way)
    {
        foreach (var type in (torch.ScalarType[])[torch.ScalarType.Float32, torch.ScalarType.Float64])
        {
            using var plain = Strided.Module(Strided.Contiguous, 1, type);
            using var strided = Strided.Module(way, 1, type);
            using var first = torch.optim.AdamW(plain.parameters());
            using var second = torch.optim.AdamW(strided.parameters());
            var expected = StepDense(plain, first, Strided.Contiguous, 2, type);
            Assert.Equal(expected, StepDense(strided, second, way, 2, type));

            // It goes on from the state of the contiguous one.
            using var third = torch.optim.AdamW(strided.parameters());
            using var model = new TorchModel(strided);
            new TorchOptimizerState(model, third).LoadFrom(
                (await TrainerState.ReadAsync(new MemoryStream(expected), "t", Stop)).Section("optimizer"));
            Assert.Equal(StepDense(plain, first, Strided.Contiguous, 1, type), StepDense(strided, third, way, 1, type));
            Bits.Same(plain, strided);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Fisher_AnyStrides_IsThatOfTheContiguousParameter(string way)
    {
        foreach (var type in Floats[..2])
        {
            foreach (var onDevice in (bool[])[false, true])
            {
                using var plain = Strided.Module(Strided.Contiguous, 1, type);
                using var strided = Strided.Module(way, 1, type);
                Assert.Equal(Scores(plain, type, onDevice), Scores(strided, type, onDevice));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Tied_AnyStrides_StayOneMemoryAndAreSteppedOnOnce(string way)
    {
        foreach (var arithmetic in (StepArithmetic[])[StepArithmetic.Portable, StepArithmetic.Torch])
        {
            using var shared = Strided.Of(way, Strided.Values(1));
            using var net = new Held([("w", shared.detach()), ("v", shared.detach())]);
            using var model = new TorchModel(net);
            Assert.Equal(["w"], model.Layout.Tensors.Select(tensor => tensor.Name));
            var options = new SgdOptions { LearningRate = 0.5 };
            using var optimizer = TorchMaskedOptimizer.Sgd(model, Mask.Dense(model.Layout), options, arithmetic);
            net.get_parameter("w")!.grad = Strided.Of(way, torch.full(Strided.Shape, 0.25f));
            net.get_parameter("v")!.grad = torch.full(Strided.Shape, 0.5f);
            optimizer.step();

            using var expected = Strided.Values(1) - 0.375f;
            Assert.Equal(Bits.Of(expected), Bits.Of(net.get_parameter("w")!));
            using var source = Strided.Module(Strided.Contiguous, 2);
            Load(net, FileOf(source));
            Assert.Equal(Bits.Of(source), Bits.Of(net.get_parameter("v")!));
            Assert.Equal(Bits.Of(source), Bits.Of(shared));
        }
    }

    [Fact]
    public void Constructor_ExpandedParameter_IsRefusedByNameWithWhatToDo()
    {
        using var net = new Held([("scale", torch.ones(1, 4).expand(3, 4))]);
        var error = Assert.Throws<FishException>(() => new TorchModel(net));
        Assert.Equal((ErrorCode.RequestInvalid, "scale"), (error.Code, error.Key));
        Assert.Contains("expand()", error.Message, StringComparison.Ordinal);
        Assert.Contains("clone", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StepArithmetic.Portable)]
    [InlineData(StepArithmetic.Torch)]
    public async Task EmptyAndScalar_AreSavedSteppedOnAndResumed(StepArithmetic arithmetic)
    {
        using var net = Small(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        using var optimizer = TorchMaskedOptimizer.Adam(model, Mask.Dense(model.Layout), null, arithmetic);
        var options = new TorchHookOptions { Hook = EveryStep };
        using (var hook = TorchHook.Attach(temporary.Store, "task", model, optimizer, Mask.Dense(model.Layout), options))
        {
            net.get_parameter("scalar")!.grad = torch.tensor(3f);
            net.get_parameter("empty")!.grad = torch.zeros(3, 0, 2);
            net.get_parameter("row")!.grad = torch.ones(1, 4);
            optimizer.step();
            hook.OnStep(1);
            await hook.CompleteAsync(Stop);
        }

        Assert.Equal(1 - 0.001f, net.get_parameter("scalar")!.item<float>(), 1e-6);
        Assert.Equal(temporary.FileOf(model), await temporary.RestoreAsync("task", 1));

        using var other = Small(9);
        using var resumed = new TorchModel(other);
        using var again = TorchMaskedOptimizer.Adam(resumed, Mask.Dense(model.Layout), null, arithmetic);
        using (var hook = TorchHook.Attach(temporary.Store, "task", resumed, again, Mask.Dense(model.Layout), options))
        {
            hook.Resume();
        }

        Bits.Same(net, other);
    }

    // A stride of a dimension that has one index says nothing, and may be any.
    private static Held Small(float value) => new(
        [("scalar", torch.tensor(value)), ("empty", torch.zeros(3, 0, 2)), ("row", torch.full([1, 4], value).as_strided([1, 4], [77, 1]))]);

    private static byte[] Step(Held net, string gradientWay, string name, StepArithmetic arithmetic, torch.ScalarType type)
    {
        using var model = new TorchModel(net);
        using var optimizer = DenseCase.Masked(name, model, Bits.MaskOf(model, 0.4, 3), arithmetic);
        for (var step = 1; step <= 3; step++)
        {
            Gradient(net, gradientWay, step, type);
            optimizer.step();
        }

        var state = new TrainerState();
        optimizer.SaveTo(state.Section("optimizer"));
        return Loop.BytesOf(state);
    }

    private static byte[] StepDense(Held net, torch.optim.Optimizer optimizer, string way, int steps, torch.ScalarType type)
    {
        using var model = new TorchModel(net);
        for (var step = 1; step <= steps; step++)
        {
            Gradient(net, way, step, type);
            using var loss = optimizer.step();
        }

        var state = new TrainerState();
        new TorchOptimizerState(model, optimizer).SaveTo(state.Section("optimizer"));
        return Loop.BytesOf(state);
    }

    private static float[] Scores(Held net, torch.ScalarType type, bool onDevice)
    {
        using var model = new TorchModel(net);
        using var inputs = torch.linspace(-1, 2, 4 * 24).reshape(4, 24, 1).to(type);
        torch.Tensor Logits(int example) => (net.get_parameter("w")!.reshape(24, 5) * inputs[example]).sum([0L]);
        return TorchFisher.Estimate(model, 4, Logits, example => example % 5, new FisherOptions(), onDevice, Stop).Scores(0).ToArray();
    }

    private static void Gradient(Held net, string way, int step, torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        net.parameters().Single().grad = Strided.Of(way, Strided.Values(7 * step, type));
    }

    private static byte[] FileOf(Held net)
    {
        var path = Path.GetTempFileName();
        using var model = new TorchModel(net);
        model.SaveFile(path);
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    private static void Load(Held net, byte[] file)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, file);
        using var model = new TorchModel(net);
        model.LoadFile(path);
        File.Delete(path);
    }
}
