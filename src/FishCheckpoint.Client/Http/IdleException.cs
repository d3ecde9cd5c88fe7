using System.Globalization;

namespace FishCheckpoint.Client.Http;

/// <summary>No byte moved between client and server within the idle timeout.</summary>
internal sealed class IdleException(TimeSpan limit, Exception? inner = null)
    : IOException(string.Create(CultureInfo.InvariantCulture, $"No byte moved for {limit.TotalSeconds:0.###} seconds."), inner);
