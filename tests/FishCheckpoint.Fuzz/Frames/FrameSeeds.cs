using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Deltas in frames, by every effort and compression, of every form.</summary>
internal static class FrameSeeds
{
    private static readonly CodecOptions[] Options =
    [
        .. Enum.GetValues<Compression>().Select(compression => new CodecOptions(compression, compression, 3) { Effort = CodecEffort.Runs }),
        new() { Effort = CodecEffort.Fast }, new() { Effort = CodecEffort.Small },
    ];

    public static List<byte[]> Make(FrameWorld world, string spool)
    {
        var seeds = new List<byte[]>();
        Mask[] masks =
            [world.Few(1), world.Few(2), world.InRows(1), world.Many(1), world.All(0), world.All(1), world.All(2),
            Mask.Create(world.Layout, [])];
        foreach (var mask in masks)
        {
            // Several chunks take long to read: a few of these do.
            foreach (var options in mask.Count > 30_000 ? Options[^2..] : Options)
            {
                seeds.AddRange(Of(world, mask, options, spool));
            }
        }

        return seeds;
    }

    /// <summary>The mask that values without one are read with.</summary>
    public static MemoryFrame Known(FrameWorld world, string spool)
    {
        var mask = world.Few(1);
        using var encoded = DeltaEncoder.Encode(Delta(mask, world.Parent).OpenReader(), null, default, new CodecOptions(), spool);
        return MemoryFrame.Of(encoded.Mask!);
    }

    private static IEnumerable<byte[]> Of(FrameWorld world, Mask mask, CodecOptions options, string spool)
    {
        var moved = world.Moved(mask, 3);
        var delta = Delta(mask, moved);
        using var plain = DeltaEncoder.Encode(delta.OpenReader(), null, default, options, spool);
        yield return Input(plain.Mask!, plain.Values);
        yield return Input(plain.Values);
        using var mapped = DeltaEncoder.Encode(delta.OpenReader(), world.Parent, default, options, spool);
        yield return Input(mapped.Mask!, mapped.Values);
        if (options.Effort >= CodecEffort.Fast)
        {
            using var blocks = BlocksEncoder.TryEncode(new StateDiff(world.Parent, moved), world.Parent, default, options, spool)!;
            yield return Input(blocks.Values);
        }

        // Values that are predicted from earlier ones, twice.
        var (second, third) = (world.Moved(mask, 4, moved), world.Moved(mask, 5, moved));
        using var predicted = DeltaEncoder.EncodeOn(
            plain.Mask!, Delta(mask, second).OpenReader(), null, default, options, spool, new EarlierValues(Values(delta), null));
        using var again = DeltaEncoder.EncodeOn(
            plain.Mask!, Delta(mask, third).OpenReader(), null, default, options, spool,
            new EarlierValues(Values(Delta(mask, second)), Values(delta)));
        yield return Input(plain.Mask!, plain.Values, predicted.Values);
        yield return Input(plain.Mask!, plain.Values, predicted.Values, again.Values);
    }

    private static Delta Delta(Mask mask, MemoryModel model) => MaskedState.Gather(mask, tensor => model.Tensors[tensor]);

    private static byte[] Values(Delta delta) => [.. delta.Values.SelectMany(values => values.ToArray())];

    private static byte[] Input(params IFrame[] frames) => FrameInput.Write(frames.Select(frame => MemoryFrame.Of(frame).ToArray()));
}
