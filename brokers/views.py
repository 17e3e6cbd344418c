"""Sign-in, the team, the brokers, and the four configurations of each, under /api/v1/."""

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from brokers import hashing, linking, onboarding, passwords, team, tokens
from brokers import serializers as shapes
from brokers.entrance import guess_of
from brokers.filters import UserFilter
from brokers.guessing import caller_of
from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    User,
)
from brokers.tasks import mail_link_soon, mail_reset
from crm import access
from crm.api import typed
from crm.api.permissions import SuperadminsOnly, TenantPermission
from crm.api.serializers import OF_BROKER, broker_of
from crm.api.throttling import PasswordResetThrottle, SignInThrottle
from crm.api.views import Editable, PublicView, RepeatableView, TenantViewSet
from crm.errors import TooMany


class Posted(generics.GenericAPIView[Any]):
    """A view that answers POST from the body that ``serializer_class`` checked."""

    def given(self) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data)
        typed.require(serializer, self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class Token(PublicView, Posted):
    """Signs in; after repeated failures the e-mail is locked out from that address for a while.

    Where its user has signed in before, the right password is still taken.
    """

    serializer_class = shapes.SignInSerializer
    throttle_classes: Any = (SignInThrottle,)

    @extend_schema(operation_id="auth_token", responses=shapes.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        given = self.given()
        asked: Any = request
        with hashing.admitted():
            user = authenticate(asked, username=given["email"], password=given["password"])
        guess = guess_of(request)
        if user is None and guess is not None and (guess.refused or guess.locks):
            raise TooMany(retry_after=guess.retry_after)
        if not isinstance(user, User):
            raise AuthenticationFailed(_("El correo o la contraseña no son correctos."))
        user_logged_in.send(sender=User, request=request, user=user)
        return Response(tokens.issue(user))


class Refresh(PublicView, Posted):
    """A new pair for a refresh token, which is spent by it; a spent one ends the whole session."""

    serializer_class = shapes.RefreshSerializer

    @extend_schema(operation_id="auth_refresh", responses=shapes.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        asked_at = access.arrived_at(request._request)
        return Response(tokens.renew(self.given()["refresh"], asked_at=asked_at))


class Logout(PublicView, Posted):
    """Ends the session of a refresh token, with every token of it."""

    serializer_class = shapes.RefreshSerializer

    @extend_schema(operation_id="auth_logout", responses={204: None})
    def post(self, request: Request) -> Response:
        tokens.revoke(self.given()["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordReset(PublicView, Posted):
    """Mails a one-time link, if the address is a user's; the answer does not tell."""

    serializer_class = shapes.EmailSerializer
    throttle_classes: Any = (PasswordResetThrottle,)

    @extend_schema(operation_id="auth_password_reset", responses={204: None})
    def post(self, request: Request) -> Response:
        mail_reset(self.given()["email"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetConfirm(PublicView, Posted):
    """Sets the password that the holder of a mailed link chose."""

    serializer_class = shapes.NewPasswordSerializer
    throttle_classes: Any = (SignInThrottle,)

    @extend_schema(operation_id="auth_password_reset_confirm", responses={204: None})
    def post(self, request: Request) -> Response:
        passwords.redeem(**self.given(), caller=caller_of(request._request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(RepeatableView, generics.GenericAPIView[User]):
    """Who the caller is; their name and password are theirs to change."""

    permission_classes = [TenantPermission]
    serializer_class = shapes.MeSerializer

    @extend_schema(operation_id="auth_me")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)

    @extend_schema(operation_id="auth_me_change")
    def patch(self, request: Request) -> Response:
        serializer = self.get_serializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            user = serializer.save()
        answer = self.get_serializer(user).data
        changed = "password" in serializer.validated_data
        return Response({**answer, "tokens": tokens.issue(user)} if changed else answer)


class MyTelegram(RepeatableView, generics.GenericAPIView[User]):
    """The caller's own Telegram: whether it is linked, a one-time code that links it, and leaving."""

    permission_classes = [TenantPermission]
    serializer_class = shapes.LinkCodeSerializer

    @property
    def _caller(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    @extend_schema(operation_id="auth_me_telegram", responses=shapes.LinkedSerializer)
    def get(self, request: Request) -> Response:
        user, now = self._caller, timezone.now()
        state = linking.state_of(user, at=now)
        told = {
            "linked": state in (linking.Link.LINKED, linking.Link.BLOCKED),
            "blocked": state == linking.Link.BLOCKED,
            "code_until": linking.code_until(user, at=now),
        }
        return Response(shapes.LinkedSerializer(told).data)

    @extend_schema(operation_id="auth_me_telegram_code", request=None)
    def post(self, request: Request) -> Response:
        invitation = linking.invite(self._caller, at=timezone.now())
        answer = self.get_serializer(invitation).data
        return Response(answer, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="auth_me_telegram_unlink", responses={204: None})
    def delete(self, request: Request) -> Response:
        linking.unlink(self._caller, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Users(Editable[User]):
    """The team. Deactivating somebody ends their sessions at once; nobody is deleted."""

    queryset = User.objects.all()
    serializer_class = shapes.UserSerializer
    filterset_class = UserFilter
    search_fields = ["name", "email"]
    ordering_fields = ["name", "email", "role", "created_at", "id"]
    letters = {"invite": "c", "unlink_telegram": "u"}
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_serializer_class(self) -> Any:
        changes = self.action == "partial_update"
        return shapes.UserChangesSerializer if changes else super().get_serializer_class()

    @extend_schema(responses=shapes.UserSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().partial_update(request, *args, **kwargs)

    def perform_update(self, serializer: Any) -> None:
        """Leaving and coming back go by the team's door."""
        active = serializer.validated_data.pop("is_active", serializer.instance.is_active)
        with transaction.atomic():
            super().perform_update(serializer)
            if serializer.instance.is_active and not active:
                team.deactivate(serializer.instance, by=self.caller, at=timezone.now())
            elif active and not serializer.instance.is_active:
                team.activate(serializer.instance, at=timezone.now())

    @extend_schema(request=shapes.InvitationSerializer, responses={201: shapes.UserSerializer})
    @action(detail=False, methods=["post"])
    def invite(self, request: Request) -> Response:
        given = self.checked(shapes.InvitationSerializer)
        broker = broker_of(request)
        with transaction.atomic():
            user = passwords.invite(
                email=given["email"], name=given["name"], role=given["role"], broker=broker
            )
            mail_link_soon(user, passwords.Reason.INVITATION)
        return Response(self.get_serializer(user).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=shapes.UserSerializer)
    @action(detail=True, methods=["post"], url_path="unlink-telegram")
    def unlink_telegram(self, request: Request, pk: Any = None) -> Response:
        """End what the person gets in Telegram; their own link is theirs at ``auth/me/telegram/``."""
        user = self.get_object()
        linking.unlink(user, at=timezone.now())
        return Response(self.get_serializer(user).data)


class Brokers(Editable[Broker]):
    """Every broker, for the superadmin, who opens them."""

    queryset = Broker.objects.all()
    serializer_class = shapes.BrokerSerializer
    permission_classes = [SuperadminsOnly]
    search_fields = ["name", "slug", "email"]
    ordering_fields = ["name", "slug", "created_at", "id"]
    http_method_names = ["get", "post", "patch", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = onboarding.open_broker(**serializer.validated_data)


class OneOfBroker(mixins.UpdateModelMixin, mixins.RetrieveModelMixin, TenantViewSet[Any]):
    """The one row that each broker has."""

    def get_object(self) -> Any:
        model = self.get_queryset().model
        broker = broker_of(self.request)
        return generics.get_object_or_404(self.get_queryset(), **{model.broker_path: broker.pk})


@extend_schema(parameters=OF_BROKER)
class OwnBroker(OneOfBroker):
    queryset = Broker.objects.all()
    serializer_class = shapes.OwnBrokerSerializer


@extend_schema(parameters=OF_BROKER)
class PromptConfig(OneOfBroker):
    queryset = BrokerPromptConfig.objects.all()
    serializer_class = shapes.PromptConfigSerializer


@extend_schema(parameters=OF_BROKER)
class LeadConfig(OneOfBroker):
    queryset = BrokerLeadConfig.objects.all()
    serializer_class = shapes.LeadConfigSerializer


@extend_schema(parameters=OF_BROKER)
class VoiceConfig(OneOfBroker):
    queryset = BrokerVoiceConfig.objects.all()
    serializer_class = shapes.VoiceConfigSerializer


@extend_schema(parameters=OF_BROKER)
class ChatConfig(OneOfBroker):
    queryset = BrokerChatConfig.objects.all()
    serializer_class = shapes.ChatConfigSerializer
