using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskedOptimizerTests
{
    private static readonly Layout Tensors = MaskBudgetTests.Layout(("a", DType.F32, 40), ("b", DType.F32, 7));
    private static readonly Mask Some = Mask.Create(Tensors, [new(0, new[] { 1L, 5, 6, 39 }), new(1, new[] { 0L, 2, 6 })]);

    [Fact]
    public void Step_AnyMaskAndOptions_EqualsTheDenseOptimizerBitForBit() => Properties.ForSeeds(200, random =>
    {
        var test = new MaskedOptimizerCase(random);
        for (var step = 0; step < 8; step++)
        {
            var (gradients, rate, scale) = (test.DrawGradients(), random.NextDouble() * 0.1, random.Next(2) == 0 ? 1 : random.NextSingle());
            test.Step(gradients, rate, scale);
            test.StepReference(gradients, rate, scale);
            AssertSameBits(test.Reference.Weights, test.Weights);
        }
    });

    [Fact]
    public void SetMask_AnyMasks_KeepsTheStateOfWhatIsInBoth() => Properties.ForSeeds(200, random =>
    {
        var test = new MaskedOptimizerCase(random);
        for (var step = 0; step < 12; step++)
        {
            if (step % 3 == 2)
            {
                var next = random.Next(3) == 0 ? MaskSets.Union(test.Mask, test.DrawMask()) : test.DrawMask();
                test.Reference.Forget(test.Mask, next);
                test.Optimizer.SetMask(test.Mask = next);
            }

            var gradients = test.DrawGradients();
            test.Step(gradients, 0.01, 1);
            test.StepReference(gradients, 0.01, 1);
            AssertSameBits(test.Reference.Weights, test.Weights);
        }
    });

    [Fact]
    public void LoadFrom_SavedState_GoesOnBitForBit() => Properties.ForSeeds(100, random =>
    {
        var test = new MaskedOptimizerCase(random);
        for (var step = 0; step < 9; step++)
        {
            if (step % 3 == 2)
            {
                var state = new TrainerState();
                test.Optimizer.SaveTo(state.Section("optimizer"));
                test.Optimizer = test.Create(test.Mask);
                test.Optimizer.LoadFrom(state.Section("optimizer"));
                Assert.Equal(0.01, test.Optimizer.LearningRate);
            }

            var gradients = test.DrawGradients();
            test.Step(gradients, 0.01, 1);
            test.StepReference(gradients, 0.01, 1);
        }

        AssertSameBits(test.Reference.Weights, test.Weights);
    });

    [Fact]
    public void Update_GatheredValues_EqualsStep() => Properties.ForSeeds(50, random =>
    {
        var test = new MaskedOptimizerCase(random);
        var (gathering, weights) = (test.Create(test.Mask), test.Weights.Select(tensor => tensor.ToArray()).ToArray());
        gathering.LearningRate = 0.02;
        for (var step = 0; step < 4; step++)
        {
            var gradients = test.DrawGradients();
            test.Step(gradients, 0.02, 1);
            foreach (var (index, tensor) in test.Mask.Tensors.Index().Where(entry => gradients[entry.Item.Tensor] is not null))
            {
                var positions = tensor.Positions.ToArray();
                var values = Array.ConvertAll(positions, position => weights[tensor.Tensor][position]);
                gathering.Update(index, values, Array.ConvertAll(positions, position => gradients[tensor.Tensor]![position]));
                Array.ForEach([.. positions.Index()], entry => weights[tensor.Tensor][entry.Item] = values[entry.Index]);
            }
        }

        AssertSameBits(test.Weights, weights);
    });

    [Fact]
    public void StateBytes_Masks_AreTheMomentsOfTheirPositionsAlone()
    {
        var dense = Mask.Dense(Tensors);

        Assert.Equal(2 * 7 * 4, new MaskedAdam(Some).StateBytes);
        Assert.Equal(2 * 47 * 4, new MaskedAdamW(dense).StateBytes);
        Assert.Equal(7 * 4, new MaskedSgd(Some, new SgdOptions { Momentum = 0.9 }).StateBytes);
        Assert.Equal(0, new MaskedSgd(Some).StateBytes);

        var optimizer = new MaskedAdam(dense);
        optimizer.SetMask(Some);
        Assert.Equal(2 * 7 * 4, optimizer.StateBytes);
    }

    [Fact]
    public void Step_Repeated_AllocatesNothing()
    {
        float[][] weights = [new float[40], new float[7]], gradients = [new float[40], new float[7]];
        (TensorValues values, TensorGradients slopes) = (tensor => weights[tensor], tensor => gradients[tensor]);
        foreach (var optimizer in new MaskedOptimizer[] { new MaskedAdam(Some), new MaskedSgd(Some, new SgdOptions { Momentum = 0.9 }) })
        {
            optimizer.Step(values, slopes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            optimizer.Step(values, slopes);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void Step_WhatDoesNotFit_IsRefused()
    {
        var optimizer = new MaskedAdam(Some);

        Assert.Throws<ArgumentException>(() => optimizer.Step(_ => new float[40], _ => new float[39]));
        Assert.Throws<ArgumentException>(() => optimizer.Step(_ => new float[39], _ => new float[40]));
        Assert.Throws<ArgumentException>(() => optimizer.Update(0, new float[4], new float[3]));
        Assert.Throws<ArgumentException>(() => optimizer.Update(0, new float[40], new float[40]));
        Assert.Equal(0, optimizer.StepsOf(0));
        Refused.With(ErrorCode.LayoutMismatch, () => optimizer.SetMask(Mask.Dense(MaskBudgetTests.Layout(("a", DType.F32, 40)))));
    }

    [Fact]
    public void LoadFrom_StateOfAnotherMaskOrOptimizer_IsRefused()
    {
        var state = new TrainerState();
        new MaskedSgd(Some, new SgdOptions { Momentum = 0.9 }).SaveTo(state.Section("sgd"));
        new MaskedAdam(Some).SaveTo(state.Section("adam"));

        Refused.With(ErrorCode.StateMismatch, () => new MaskedAdam(Some).LoadFrom(state.Section("sgd")));
        Refused.With(ErrorCode.StateMismatch, () => new MaskedAdam(Mask.Dense(Tensors)).LoadFrom(state.Section("adam")));
        Assert.Equal(
            ["exp_avg/a", "exp_avg/b", "exp_avg_sq/a", "exp_avg_sq/b", "learning_rate", "mask", "optimizer", "step/a", "step/b"],
            state.Section("adam").Names);
    }

    private static void AssertSameBits(float[][] expected, float[][] found)
    {
        for (var tensor = 0; tensor < expected.Length; tensor++)
        {
            Assert.Equal(
                MemoryMarshal.Cast<float, int>(expected[tensor]).ToArray(), MemoryMarshal.Cast<float, int>(found[tensor]).ToArray());
        }
    }
}
