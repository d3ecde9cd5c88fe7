using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Optimizers;

public sealed class TorchMaskedOptimizerTests
{
    private const int Steps = 12;

    public static TheoryData<string, StepArithmetic> Cases
    {
        get
        {
            var cases = new TheoryData<string, StepArithmetic>();
            foreach (var name in DenseCase.Names)
            {
                cases.Add(name, StepArithmetic.Portable);
                cases.Add(name, StepArithmetic.Torch);
            }

            return cases;
        }
    }

    /// <summary>Bit for bit where the operations are libtorch's own; in last bits where they are the domain's.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_BesideTheDenseOptimizerOnMaskedGradients_GivesItsWeights(string name, StepArithmetic arithmetic)
    {
        foreach (var density in (double[])[0.03, 0.4, 1])
        {
            using var dense = Classifier.Seeded(3);
            using var masked = Classifier.Seeded(3);
            using var denseModel = new TorchModel(dense);
            using var maskedModel = new TorchModel(masked);
            var mask = Bits.MaskOf(denseModel, density, 5, whole: "second.bias");
            using var gradients = new MaskedGradients(denseModel);
            using var expected = DenseCase.Dense(name, dense, decayed: density == 1);
            using var actual = DenseCase.Masked(name, maskedModel, mask, arithmetic, decayed: density == 1);
            for (var step = 0; step < Steps; step++)
            {
                Loop.Backward(dense, expected, step);
                Loop.CopyGradients(dense, masked);
                gradients.Apply(mask);
                expected.step();
                actual.step();
                if (arithmetic == StepArithmetic.Torch)
                {
                    Bits.SameParameters(dense, masked);
                }
            }

            Loop.AssertClose(dense, masked, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_OffTheMask_ChangesNoBit(string name, StepArithmetic arithmetic)
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.1, 5);
        var before = net.named_parameters().ToDictionary(pair => pair.name, pair => Bits.Of(pair.parameter));
        using var optimizer = DenseCase.Masked(name, model, mask, arithmetic, decayed: true);
        for (var step = 0; step < Steps; step++)
        {
            Loop.Backward(net, optimizer, step);
            optimizer.step();
        }

        var changed = 0;
        foreach (var tensor in mask.Tensors)
        {
            var name2 = model.Layout.Tensors[tensor.Tensor].Name;
            var (now, allowed) = (Bits.Of(net.get_parameter(name2)!).Chunk(4).ToArray(), tensor.Positions.ToArray().ToHashSet());
            foreach (var (position, value) in before[name2].Chunk(4).Index())
            {
                Assert.True(allowed.Contains(position) || value.SequenceEqual(now[position]), $"{name2} changed at {position}.");
                changed += value.SequenceEqual(now[position]) ? 0 : 1;
            }
        }

        Assert.True(changed > mask.Count / 2);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task SaveLoad_InTheMiddle_GoesOnBitForBit(string name, StepArithmetic arithmetic)
    {
        foreach (var other in (StepArithmetic[])[StepArithmetic.Portable, StepArithmetic.Torch])
        {
            using var net = Classifier.Seeded(3);
            using var model = new TorchModel(net);
            var mask = Bits.MaskOf(model, 0.3, 5);
            using var first = DenseCase.Masked(name, model, mask, arithmetic);
            Train(net, first, 0, 6);
            var (state, weights) = (new TrainerState(), Loop.Copy(model));
            first.SaveTo(state.Section("optimizer"));
            var read = await TrainerState.ReadAsync(state.OpenRead(), "t", TestContext.Current.CancellationToken);
            Train(net, first, 6, 12);
            var expected = Bits.Of(net);

            // The file is the same, whoever computes: a run may change over.
            Loop.Restore(model, weights);
            using var second = DenseCase.Masked(name, model, mask, other);
            second.LoadFrom(read.Section("optimizer"));
            var again = new TrainerState();
            second.SaveTo(again.Section("optimizer"));
            Assert.Equal(Loop.BytesOf(state), Loop.BytesOf(again));
            Train(net, second, 6, 12);
            if (other == arithmetic)
            {
                Assert.Equal(expected, Bits.Of(net));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SetMask_KeepsWhatIsInBoth_WhoeverComputes(string name, StepArithmetic arithmetic)
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        var (before, after) = (Bits.MaskOf(model, 0.3, 5), Bits.MaskOf(model, 0.3, 6));
        using var optimizer = DenseCase.Masked(name, model, before, arithmetic);
        Train(net, optimizer, 0, 3);
        var saved = new TrainerState();
        optimizer.SaveTo(saved.Section("optimizer"));

        // The domain's optimizer is the reference.
        var reference = DenseCase.Reference(name, before);
        reference.LoadFrom(saved.Section("optimizer"));
        reference.SetMask(after);
        optimizer.SetMask(after);
        var (expected, actual) = (new TrainerState(), new TrainerState());
        reference.SaveTo(expected.Section("optimizer"));
        optimizer.SaveTo(actual.Section("optimizer"));

        Assert.Equal(Loop.BytesOf(expected), Loop.BytesOf(actual));
        Assert.Equal(after.Id, optimizer.SteppedMask.Id);
    }

    /// <summary>
    /// Of the short dtypes libtorch rounds a value otherwise inside a vector than behind the last one, so a gathered value may differ.
    /// </summary>
    [Theory]
    [InlineData(torch.ScalarType.Float64, 0.4, true)]
    [InlineData(torch.ScalarType.BFloat16, 1, true)]
    [InlineData(torch.ScalarType.Float16, 1, true)]
    [InlineData(torch.ScalarType.BFloat16, 0.4, false)]
    [InlineData(torch.ScalarType.Float16, 0.4, false)]
    public async Task Step_OtherDtypes_AreTheDenseOptimizers(torch.ScalarType type, double density, bool exact)
    {
        using var dense = new Held([("w", torch.linspace(-1, 1, 40).to(type))]);
        using var masked = new Held([("w", torch.linspace(-1, 1, 40).to(type))]);
        using var model = new TorchModel(masked);
        var mask = Bits.MaskOf(model, density, 5);
        using var denseModel = new TorchModel(dense);
        using var gradients = new MaskedGradients(denseModel);
        using var expected = torch.optim.AdamW(dense.parameters(), 0.01, eps: 1e-3);
        using var actual = TorchMaskedOptimizer.AdamW(
            model, mask, new AdamWOptions { LearningRate = 0.01, Epsilon = 1e-3, WeightDecay = 0 });
        for (var step = 1; step <= 5; step++)
        {
            foreach (var net in (torch.nn.Module[])[dense, masked])
            {
                using var scope = torch.NewDisposeScope();
                net.parameters().Single().grad = torch.linspace(step, -2, 40).to(type);
            }

            gradients.Apply(mask);
            try
            {
                expected.step();
            }
            catch (System.Runtime.InteropServices.ExternalException error)
                when (error.Message.Contains("not implemented", StringComparison.Ordinal))
            {
                Assert.Skip($"This libtorch has no Adam for {type} on the host.");
            }

            actual.step();
            if (exact)
            {
                Bits.Same(dense, masked);
            }
        }

        Loop.AssertClose(dense, masked, tolerance: exact ? 0 : 0.02);

        var state = new TrainerState();
        actual.SaveTo(state.Section("optimizer"));
        using var restored = TorchMaskedOptimizer.AdamW(
            model, mask, new AdamWOptions { LearningRate = 0.01, Epsilon = 1e-3, WeightDecay = 0 });
        restored.LoadFrom(
            (await TrainerState.ReadAsync(state.OpenRead(), "t", TestContext.Current.CancellationToken)).Section("optimizer"));
        var again = new TrainerState();
        restored.SaveTo(again.Section("optimizer"));
        Assert.Equal(Loop.BytesOf(state), Loop.BytesOf(again));
    }

    [Theory]
    [InlineData(StepArithmetic.Portable)]
    [InlineData(StepArithmetic.Torch)]
    public void Step_TransposedParameter_IsThatOfTheContiguousOne(StepArithmetic arithmetic)
    {
        using var straight = new Held([("w", torch.linspace(-1, 1, 24).reshape(4, 6))]);
        using var turned = new Held([("w", torch.linspace(-1, 1, 24).reshape(4, 6).t().contiguous().t())]);
        Assert.False(turned.parameters().Single().is_contiguous());
        foreach (var net in (torch.nn.Module[])[straight, turned])
        {
            using var model = new TorchModel(net);
            using var optimizer = TorchMaskedOptimizer.Adam(model, Bits.MaskOf(model, 0.4, 5), null, arithmetic);
            for (var step = 1; step <= 5; step++)
            {
                using var scope = torch.NewDisposeScope();
                net.parameters().Single().grad = torch.linspace(step, -2, 24).reshape(4, 6);
                optimizer.step();
            }
        }

        Bits.Same(straight, turned);
    }

    [Theory]
    [InlineData(true, StepArithmetic.Portable)]
    [InlineData(true, StepArithmetic.Torch)]
    [InlineData(false, StepArithmetic.Portable)]
    [InlineData(false, StepArithmetic.Torch)]
    public void Step_TiedParameters_AreSteppedOnOnceWithTheSumOfTheirGradients(bool oneObject, StepArithmetic arithmetic)
    {
        foreach (var layout in
            (Layout?[])[null, new Layout([new("embedding.weight", DType.F32, [5, 4]), new("output.weight", DType.F32, [5, 4])])])
        {
            using var net = new TiedNet(oneObject);
            using var model = new TorchModel(net, layout);
            var before = net.Embedding.detach().clone();
            using var optimizer = TorchMaskedOptimizer.Sgd(
                model, Mask.Dense(model.Layout), new SgdOptions { LearningRate = 0.5 }, arithmetic);
            Assert.Equal(20, optimizer.SteppedMask.Count);
            net.Embedding.grad = torch.full([5, 4], 0.25f);
            net.Output.grad = oneObject ? torch.full([5, 4], 0.75f) : torch.full([5, 4], 0.5f);
            optimizer.step();

            Assert.Equal(Bits.Of(before - 0.375f), Bits.Of(net.Output));
        }
    }

    [Fact]
    public void Schedulers_SetTheRate()
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        using var optimizer = TorchMaskedOptimizer.Sgd(model, Bits.MaskOf(model, 0.3, 5), new SgdOptions { LearningRate = 0.1 });
        var scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5);
        for (var step = 0; step < 4; step++)
        {
            Loop.Backward(net, optimizer, step);
            optimizer.step();
            scheduler.step();
        }

        Assert.Equal(0.025, optimizer.LearningRate);
    }

    [Fact]
    public void Step_Closure_RunsWithGradientsOn()
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        using var optimizer = TorchMaskedOptimizer.Sgd(model, Bits.MaskOf(model, 0.3, 5), new SgdOptions { LearningRate = 0.1 });
        var before = Bits.Of(net);
        using var noGrad = torch.no_grad();
        using var loss = optimizer.step(() =>
        {
            var value = net.call(Loop.Inputs).sum();
            value.backward();
            return value;
        });

        Assert.False(loss is null);
        Assert.NotEqual(before, Bits.Of(net));
    }

    [Theory]
    [InlineData(StepArithmetic.Portable)]
    [InlineData(StepArithmetic.Torch)]
    public void Step_TensorWithoutGradient_IsPassedOver(StepArithmetic arithmetic)
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        var before = Bits.Of(net);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, Mask.Dense(model.Layout), null, arithmetic);
        optimizer.step();
        Assert.Equal(before, Bits.Of(net));
    }

    [Fact]
    public void Portable_NotFloat32_IsRefused()
    {
        using var module = new Held([("w", torch.ones(4, torch.float64))]);
        using var model = new TorchModel(module);
        Assert.Equal(
            ErrorCode.RequestInvalid,
            Assert.Throws<FishException>(
                () => TorchMaskedOptimizer.Sgd(model, Mask.Dense(model.Layout), null, StepArithmetic.Portable)).Code);
    }

    [Fact]
    public void LoadFrom_AnotherMask_IsRefused()
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        foreach (var arithmetic in (StepArithmetic[])[StepArithmetic.Portable, StepArithmetic.Torch])
        {
            using var one = TorchMaskedOptimizer.Adam(model, Bits.MaskOf(model, 0.3, 5), null, arithmetic);
            using var other = TorchMaskedOptimizer.Adam(model, Bits.MaskOf(model, 0.3, 6), null, arithmetic);
            var state = new TrainerState();
            one.SaveTo(state.Section("optimizer"));
            Assert.Equal(ErrorCode.StateMismatch, Assert.Throws<FishException>(() => other.LoadFrom(state.Section("optimizer"))).Code);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_ManyTimes_LeavesNoTensors(string name, StepArithmetic arithmetic)
    {
        using var net = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.3, 5, whole: "first.bias");
        using var optimizer = DenseCase.Masked(name, model, mask, arithmetic);
        using var gradients = new MaskedGradients(model);
        Loop.Backward(net, optimizer, 0);
        TensorCount.AssertStable(100, () =>
        {
            optimizer.step();
            gradients.Apply(mask);
        });
    }

    private static void Train(Classifier net, TorchMaskedOptimizer optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            Loop.Backward(net, optimizer, step);
            optimizer.step();
        }
    }
}
