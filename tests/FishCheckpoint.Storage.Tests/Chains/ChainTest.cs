using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>A task whose every step has another mask.</summary>
public abstract class ChainTest : StoreFixture
{
    protected Dictionary<(string Task, long Step), TestModel> Models { get; } = [];

    /// <summary>Saves steps one on another, each with a new mask drawn from the first tensor.</summary>
    protected async Task SaveStepsAsync(
        string task, long first, int steps, int changed, ParentChoice? parent = null, TestModel? from = null)
    {
        var model = from ?? Base;
        for (var step = first; step < first + steps; step++)
        {
            var random = new Random((int)step);
            var positions = Enumerable.Range(0, changed).Select(_ => random.NextInt64(Base.Layout.Tensors[0].Units)).Distinct()
                .Order().ToArray();
            model = Move(model, positions, random);
            Models[(task, step)] = model;
            var mask = Mask.Create(Base.Layout, [new TensorMask(0, positions)]);
            var delta = MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name]);
            var chosen = step == first && parent is { } given ? given : ParentChoice.Previous;
            await Store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Changed(delta), new SaveOptions { Parent = chosen }, Stop);
        }
    }

    protected async Task AssertAllAsync()
    {
        foreach (var ((task, step), model) in Models)
        {
            Assert.Equal(model.ToBytes(), await Store.RestoreAsync(task, step));
        }
    }

    private static TestModel Move(TestModel model, long[] positions, Random random)
    {
        var moved = model.Copy();
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(moved["embed.weight"].AsSpan());
        foreach (var position in positions)
        {
            values[(int)position] += (uint)random.Next(1, 200);
        }

        return moved;
    }
}
