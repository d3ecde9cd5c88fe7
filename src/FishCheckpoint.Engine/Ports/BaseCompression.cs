
namespace FishCheckpoint.Engine.Ports;

/// <summary>How the files of bases are kept. What is stored already stays as it is, and readable, until the base is added again.</summary>
public enum BaseCompression
{
    /// <summary>As they were sent.</summary>
    None = 0,
    /// <summary>
    /// Block by block, by planes of bytes: two thirds of the bytes in <c>BF16</c>, for the time of decoding whatever is read.
    /// </summary>
    Compressed = 1,
}
