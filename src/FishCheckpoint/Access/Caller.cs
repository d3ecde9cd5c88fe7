namespace FishCheckpoint.Access;

/// <summary>Who performs an operation, as recorded in the audit log.</summary>
/// <param name="Name">The key's name; <c>local:USER</c> for a program that opens the data folder; <c>server</c> for the server's own work;
/// <c>anonymous</c>.</param>
/// <param name="KeyId">The key's id, if there is one.</param>
/// <param name="Address">The client's address.</param>
/// <param name="IsLimited">Whether the key is limited to certain tasks; such a key cannot create tasks.</param>
public sealed record Caller(string Name, string? KeyId = null, string? Address = null, bool IsLimited = false)
{
    /// <summary>The user who runs this program on the data folder.</summary>
    public static Caller Local { get; } = new($"local:{Environment.UserName}");

    /// <summary>The server, for work that no client requested.</summary>
    public static Caller Server { get; } = new("server");
}
