using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>With a fixed mask a save reads the base once.</summary>
public sealed class ParentCacheTests : StoreFixture
{
    private readonly Mask mask = Mask.Create(
        TestModel.Create().Layout,
        [new TensorMask(0, Enumerable.Range(0, 5000).Select(index => index * 117L).ToArray()), new TensorMask(1, new long[] { 3, 5 })]);

    [Fact]
    public async Task Save_SameMaskAgain_ReadsNothingOfTheBase()
    {
        await ReopenAsync(Options with { Codec = new CodecOptions { Effort = CodecEffort.Runs } });
        await SaveAsync(1, mask);
        var file = Directory.GetFiles(Path.Combine(Options.DataFolder, "bases"), "model.safetensors", SearchOption.AllDirectories).Single();
        File.Move(file, file + ".away");
        await SaveAsync(2, mask);
        var other = Mask.Create(Base.Layout, [new TensorMask(0, new long[] { 8 })]);
        Assert.Equal(ErrorCode.CorruptBase, (await Assert.ThrowsAsync<FishException>(() => SaveAsync(3, other))).Code);
        File.Move(file + ".away", file);

        var expected = Base.Change(0, 0);
        foreach (var tensor in Base.Layout.Tensors)
        {
            Base[tensor.Name].CopyTo(expected[tensor.Name], 0);
        }

        foreach (var tensor in mask.Tensors)
        {
            var info = Base.Layout.Tensors[tensor.Tensor];
            var values = new byte[tensor.Positions.Length * info.UnitSize];
            Units.Gather(Base.Change(2, 1)[info.Name], tensor.Positions.Span, 0, info.UnitSize, values);
            Units.Scatter(expected[info.Name], tensor.Positions.Span, 0, info.UnitSize, values);
        }

        Assert.Equal(expected.ToBytes(), await Store.RestoreAsync("task", 2));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop)).Sound);
    }

    [Fact]
    public void Cache_Full_ForgetsWhatWasUsedLongestAgo()
    {
        var cache = new ParentCache(100);
        Digest[] keys = [.. Enumerable.Range(0, 4).Select(index => Digest.Of([(byte)index]))];
        cache.Add(keys[0], keys[3], new byte[40]);
        cache.Add(keys[1], keys[3], new byte[40]);
        Assert.NotNull(cache.Find(keys[0], keys[3]));
        cache.Add(keys[2], keys[3], new byte[40]);

        Assert.Equal([true, false, true], keys.Take(3).Select(key => cache.Find(key, keys[3]) is not null));
        Assert.Null(cache.Find(keys[0], keys[0]));
        Assert.Equal(50, cache.Longest);
    }

    private Task SaveAsync(long step, Mask positions)
    {
        var model = Base.Change((int)step, 1);
        return Store.Checkpoints.SaveAsync(
            "task", step, new CheckpointContent.Changed(
                MaskedState.Gather(positions, tensor => model[positions.Layout.Tensors[tensor].Name])), null, Stop);
    }
}
