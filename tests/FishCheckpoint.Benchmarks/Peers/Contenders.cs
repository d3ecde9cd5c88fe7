namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Everyone who takes part, and who cannot here.</summary>
internal static class Contenders
{
    /// <summary>The contenders, our own first.</summary>
    public static IReadOnlyList<IPeer> All { get; } =
    [
        .. Ours.All, new AuthorsFormat(), new SparsePatch(), new GapPatch(), new DiskDelta("xor"), new DiskDelta("overwrite"), new Grail(), new BitX(),
        .. Programs.Where(program => program.IsAvailable), new DenseFile(1), new DenseFile(3),
    ];

    /// <summary>Programs that are not installed.</summary>
    public static IEnumerable<string> Missing => Programs.Where(program => !program.IsAvailable).Select(program => program.Name);

    private static IReadOnlyList<FilePatch> Programs => [FilePatch.Zstd(3), FilePatch.Zstd(19), FilePatch.Xdelta()];
}
