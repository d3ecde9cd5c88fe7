using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that returns the owner of a client's token.</summary>
internal static class AccountApi
{
    public static Ok<HubUser> Get(HttpContext context)
    {
        var key = context.Key() ?? throw new FishException(
            ErrorCode.KeyRequired, context.Request.Path, "The request has no key that the server knows.",
            "A server without keys needs none: leave out the token.");
        var role = key.Scope == KeyScope.Read ? "read" : "write";
        return TypedResults.Ok(
            new HubUser("user", key.Id, key.Name, key.Name, [], new HubAuth("access_token", new HubToken(key.Name, role))));
    }
}

/// <summary>The owner of a token, in the form of the Hub's clients.</summary>
/// <param name="Type">Always <c>user</c>.</param>
/// <param name="Id">The key's id.</param>
/// <param name="Name">The key's name.</param>
/// <param name="Fullname">The key's name.</param>
/// <param name="Orgs">None.</param>
/// <param name="Auth">The token's permissions.</param>
internal sealed record HubUser(string Type, string Id, string Name, string Fullname, IReadOnlyList<string> Orgs, HubAuth Auth);

/// <summary>The kind of authentication.</summary>
/// <param name="Type">Always <c>access_token</c>.</param>
/// <param name="AccessToken">The token, without its secret.</param>
internal sealed record HubAuth(string Type, HubToken AccessToken);

/// <summary>A token.</summary>
/// <param name="DisplayName">The key's name.</param>
/// <param name="Role"><c>read</c> or <c>write</c>.</param>
internal sealed record HubToken(string DisplayName, string Role);
