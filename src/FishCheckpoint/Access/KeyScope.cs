using System.Text.Json.Serialization;

namespace FishCheckpoint.Access;

/// <summary>How far a key reaches; each scope holds those before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeyScope>))]
public enum KeyScope
{
    /// <summary>Reads bases, tasks, checkpoints, states and reports.</summary>
    [JsonStringEnumMemberName("read")]
    Read = 0,
    /// <summary>Also adds bases and tasks, saves, tags, and deletes checkpoints.</summary>
    [JsonStringEnumMemberName("write")]
    Write = 1,
    /// <summary>Also deletes tasks, maintains the store, sets quotas, and has keys and the audit log.</summary>
    [JsonStringEnumMemberName("admin")]
    Admin = 2,
}
