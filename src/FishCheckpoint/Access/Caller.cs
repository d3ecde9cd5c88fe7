namespace FishCheckpoint.Access;

/// <summary>Who does something to a store, as the audit log says it.</summary>
/// <param name="Name">The key's name; <c>local:USER</c> for a program on the data folder; <c>server</c> for the server's own work;
/// <c>anonymous</c>.</param>
/// <param name="KeyId">The key's id, where there is one.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="IsLimited">Whether the key is limited to tasks: it makes none.</param>
public sealed record Caller(string Name, string? KeyId = null, string? Address = null, bool IsLimited = false)
{
    /// <summary>The user who runs this program, on the data folder itself.</summary>
    public static Caller Local { get; } = new($"local:{Environment.UserName}");

    /// <summary>The server, where nobody asked it.</summary>
    public static Caller Server { get; } = new("server");
}
