using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Contract;

/// <summary>
/// Saves of every form that a checkpoint is stored in: full models against the base and in a chain, a patch, a fixed mask's values that are
/// predicted one from another (the task <c>task</c>), and such that are coded against their parent (the task <c>narrow</c>, of a base in
/// bf16).
/// </summary>
public sealed class VariedSaves(IFishStore store, TestModel wide, string folder, CancellationToken stop)
{
    private readonly Random random = new(20261124);

    /// <summary>What was saved.</summary>
    public Dictionary<(string Task, long Step), TestModel> Models { get; } = [];

    public TestModel Narrow { get; } = Weights();

    /// <summary>Weights in bf16 as networks have them.</summary>
    public static TestModel Weights() =>
        Smooth(TestModel.Create(3, null, new TensorInfo("w", DType.BF16, [300, 1000]), new TensorInfo("b", DType.BF16, [40])));

    /// <summary>
    /// What a step makes of <see cref="Weights"/>: it shows where a value is small, so that recoding has something to gain.
    /// </summary>
    public static TestModel Trained(int seed)
    {
        var (model, random) = (Weights(), new Random(seed));
        foreach (ref var value in MemoryMarshal.Cast<byte, ushort>(model["w"].AsSpan()))
        {
            var moved = BitConverter.UInt32BitsToSingle((uint)value << 16) + ((random.NextSingle() - 0.5f) * 2e-4f);
            value = (ushort)((BitConverter.SingleToUInt32Bits(moved) + 0x8000) >> 16);
        }

        return model;
    }

    public async Task SaveAsync()
    {
        await SaveFullAsync(1, wide.Change(1));
        await SaveFullAsync(2, wide.Change(1).Change(2, 0.001));
        await SavePatchAsync(3, wide.Change(3, 0.02));
        await SaveMaskedAsync("task", 10, 7, MaskOf(wide, 9_000), Smooth(wide));

        await store.Bases.AddAsync("narrow", ModelUpload.FromStream(new MemoryStream(Narrow.ToBytes())), stop);
        await store.Tasks.PutAsync("narrow", new TaskSpec("narrow"), stop);
        await SaveMaskedAsync("narrow", 1, 3, MaskOf(Narrow, 20_000), Narrow);
    }

    /// <summary>Saves steps in which the values on a mask go on a little each.</summary>
    public async Task SaveMaskedAsync(string task, long first, int steps, Mask mask, TestModel from)
    {
        var model = OnMask(task == "narrow" ? Narrow : wide, mask, from);
        for (var step = first; step < first + steps; step++)
        {
            model = Move(model, mask);
            Models[(task, step)] = model;
            var delta = MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name]);
            await store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Changed(delta), null, stop);
        }
    }

    /// <summary>Positions of the first tensor, in clusters of many and of few, as training finds them.</summary>
    public Mask MaskOf(TestModel model, int count)
    {
        var positions = new SortedSet<long>();
        var units = model.Layout.Tensors[0].Units;
        while (positions.Count < count)
        {
            var (next, gap) = (random.NextInt64(units - (64 * 64)), random.Next(2) == 0 ? 3 : 64);
            for (var index = 0; index < 64 && positions.Count < count; index++)
            {
                positions.Add(next += random.Next(1, gap));
            }
        }

        return Mask.Create(model.Layout, [new TensorMask(0, positions.ToArray())]);
    }

    private async Task SaveFullAsync(long step, TestModel model)
    {
        Models[("task", step)] = model;
        using var file = ModelFolder.Open(model.Write(Path.Combine(folder, $"full-{step}")));
        await store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, stop);
    }

    private async Task SavePatchAsync(long step, TestModel model)
    {
        Models[("task", step)] = model;
        var path = Path.Combine(folder, $"{step}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(wide), stop);
        using var file = SafetensorsFile.Open(path);
        await store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Sparse(file), null, stop);
    }

    private TestModel Move(TestModel model, Mask mask)
    {
        var (moved, info) = (model.Copy(), mask.Layout.Tensors[0]);
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            if (info.Type == DType.F32)
            {
                MemoryMarshal.Cast<byte, float>(moved[info.Name].AsSpan())[(int)position] += (random.NextSingle() - 0.4f) * 1e-4f;
            }
            else
            {
                MemoryMarshal.Cast<byte, ushort>(moved[info.Name].AsSpan())[(int)position] += (ushort)random.Next(3);
            }
        }

        return moved;
    }

    private static TestModel OnMask(TestModel model, Mask mask, TestModel values)
    {
        var (copy, info) = (model.Copy(), mask.Layout.Tensors[0]);
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            var at = (int)position * info.UnitSize;
            values[info.Name].AsSpan(at, info.UnitSize).CopyTo(copy[info.Name].AsSpan(at));
        }

        return copy;
    }

    // Weights as networks have them, in place of random bits.
    private static TestModel Smooth(TestModel model)
    {
        var (copy, random, info) = (model.Copy(), new Random(8), model.Layout.Tensors[0]);
        for (var unit = 0; unit < info.Units; unit++)
        {
            var value = (random.NextSingle() - 0.5f) * (random.NextSingle() + 0.01f);
            if (info.Type == DType.F32)
            {
                MemoryMarshal.Cast<byte, float>(copy[info.Name].AsSpan())[unit] = value;
            }
            else
            {
                MemoryMarshal.Cast<byte, ushort>(copy[info.Name].AsSpan())[unit] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
            }
        }

        return copy;
    }
}
