using FishCheckpoint.Contract;
using FishCheckpoint.Fuzz.Frames;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Stores;

/// <summary>What a store takes: frames of every form, patches, models, trainer states.</summary>
internal static class StoreSeeds
{
    public static IEnumerable<byte[]> Make(FrameWorld world, string spool)
    {
        foreach (var frames in FrameSeeds.Make(world, spool).Where(frames => FrameInput.Read(frames).Count <= 2))
        {
            yield return [(byte)SaveForm.Frames, .. frames];
        }

        var moved = world.Moved(world.Few(3), 3);
        yield return [(byte)SaveForm.Full, .. FileOf(moved)];
        yield return [(byte)SaveForm.Full, .. FileOf(world.Parent)];
        yield return [(byte)SaveForm.Patch, .. Patch(world, [0, 2, 9])];
        yield return [(byte)SaveForm.Patch, .. Patch(world, [])];
        yield return [(byte)SaveForm.State, .. "{\"step\":1}"u8];
        yield return [(byte)SaveForm.State];
        yield return [(byte)SaveForm.State, .. new byte[1 << 16]];
    }

    /// <summary>A model as a safetensors file.</summary>
    public static byte[] FileOf(MemoryModel model) => TestModel.Patch(null, [.. model.Layout.Tensors.Zip(model.Tensors)]);

    private static byte[] Patch(FrameWorld world, long[] positions)
    {
        var info = world.Layout.Tensors[1];
        return TestModel.Patch(
            null, (new TensorInfo($"{info.Name}.indices", DType.I64, [positions.Length]), [.. positions.SelectMany(TestModel.Long)]),
            (new TensorInfo($"{info.Name}.values", info.Type, [positions.Length]), new byte[positions.Length * info.UnitSize]));
    }
}
