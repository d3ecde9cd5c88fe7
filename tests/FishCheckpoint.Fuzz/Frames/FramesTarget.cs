using FishCheckpoint.Codec;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>
/// A delta in frames: as a body of one or two, or a mask and values of which each is predicted from those before. What is taken is the same
/// delta by every way of reading it.
/// </summary>
internal sealed class FramesTarget : FuzzTarget
{
    private readonly FrameWorld world = new();
    private readonly MemoryFrame known;
    private readonly FrameOracle oracle;

    public FramesTarget()
    {
        known = FrameSeeds.Known(world, Folder.Path);
        Seeds = FrameSeeds.Make(world, Folder.Path);
        oracle = new FrameOracle(world, Folder.Path);
    }

    public override string Name => "frames";

    public override int ShortRun => 1000;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] input, byte[] other) =>
        FrameMutator.Mutate(random, input, other, frames => Forger.Forge(frames, world));

    public override string Run(byte[] input)
    {
        var frames = FrameInput.Read(input);
        if (frames.Count > 2)
        {
            return $"a row of {frames.Count - 1}, {oracle.Check(Whole(frames[0]), [.. frames.Skip(1).Select(Whole)])}";
        }

        var path = Folder["body"];
        File.WriteAllBytes(path, [.. frames.SelectMany(frame => frame)]);
        using var opened = EncodedDelta.Open(path);
        return opened.IsBlocks ? $"blocks, {oracle.Check(null, [opened.Values])}"
            : opened.Mask is { } mask ? $"mask and values, {oracle.Check(mask, [opened.Values])}"
            : $"values, {oracle.Check(known, [opened.Values])}";
    }

    private static MemoryFrame Whole(byte[] frame)
    {
        var length = FrameHead.ReadLength(frame.AsSpan(0, Math.Min(frame.Length, FrameHead.FixedLength)), frame.Length);
        return new MemoryFrame(frame[..length], frame[length..]);
    }
}
