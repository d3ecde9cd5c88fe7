namespace FishCheckpoint.Engine.Ports;

/// <summary>How the store keeps the files of bases that are added. Changing it leaves stored bases readable and as they are.</summary>
public enum BaseCompression
{
    /// <summary>As sent.</summary>
    None = 0,

    /// <summary>Compressed block by block in byte planes: about two thirds of the size for <c>BF16</c>; every read decodes.</summary>
    Compressed = 1,

    /// <summary>The earlier name of <see cref="Compressed"/>; this version's settings still take it.</summary>
    [Obsolete("Use Compressed.")]
    Dense = Compressed,
}
