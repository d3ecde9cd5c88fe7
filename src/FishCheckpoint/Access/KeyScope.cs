using System.Text.Json.Serialization;

namespace FishCheckpoint.Access;

/// <summary>What a key permits; each scope includes those before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeyScope>))]
public enum KeyScope
{
    /// <summary>Reads bases, tasks, checkpoints, trainer states and reports.</summary>
    [JsonStringEnumMemberName("read")]
    Read = 0,
    /// <summary>Also adds bases and tasks, saves and tags checkpoints, and deletes checkpoints.</summary>
    [JsonStringEnumMemberName("write")]
    Write = 1,
    /// <summary>Also deletes tasks, maintains the store, sets quotas, manages keys and reads the audit log.</summary>
    [JsonStringEnumMemberName("admin")]
    Admin = 2,
}
