namespace FishCheckpoint.Interchange.Torch;

/// <summary>A file in a zip file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Header">Where its own header lies.</param>
/// <param name="Begin">Where its bytes lie, stored as they are.</param>
/// <param name="Length">How many.</param>
/// <param name="Checksum">Their CRC-32.</param>
internal sealed record ZipEntry(string Name, long Header, long Begin, long Length, uint Checksum)
{
    public long End => Begin + Length;
}
