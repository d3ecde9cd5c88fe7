namespace FishCheckpoint.Interchange.Torch;

/// <summary>A file in a zip file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Header">The offset of its local header.</param>
/// <param name="Begin">The offset of its stored bytes.</param>
/// <param name="Length">Their number.</param>
/// <param name="Checksum">Their CRC-32.</param>
internal sealed record ZipEntry(string Name, long Header, long Begin, long Length, uint Checksum)
{
    public long End => Begin + Length;
}
