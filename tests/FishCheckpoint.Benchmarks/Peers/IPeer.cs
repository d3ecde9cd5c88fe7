namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>One way to write what changed between two models. Every one decodes too: a size counts when the bytes came back.</summary>
internal interface IPeer
{
    /// <summary>What it is called in the tables.</summary>
    string Name { get; }

    /// <summary>Encodes, header and all: what would be stored or sent.</summary>
    byte[] Encode(Checkpoint before, Checkpoint after);

    /// <summary>Decodes: the mirror of <see cref="Encode"/>.</summary>
    /// <param name="before">The model that was encoded against; not to be changed.</param>
    /// <param name="encoded">The bytes.</param>
    /// <param name="target">Holds the same bytes as <paramref name="before"/>, and is to hold the new model's.</param>
    void Decode(Checkpoint before, byte[] encoded, Checkpoint target);
}

/// <summary>Everyone who takes part, and who cannot here.</summary>
internal static class Contenders
{
    /// <summary>The contenders, our own first.</summary>
    public static IReadOnlyList<IPeer> All { get; } =
    [
        .. Ours.All, new AuthorsFormat(), new SparsePatch(), new GapPatch(), new DiskDelta("xor"), new DiskDelta("overwrite"),
        new Grail(), new BitX(),
        .. Programs.Where(program => program.IsAvailable), new DenseFile(1), new DenseFile(3),
    ];

    /// <summary>Programs that are not installed.</summary>
    public static IEnumerable<string> Missing => Programs.Where(program => !program.IsAvailable).Select(program => program.Name);

    private static IReadOnlyList<FilePatch> Programs => [FilePatch.Zstd(3), FilePatch.Zstd(19), FilePatch.Xdelta()];
}
